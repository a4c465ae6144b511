import { resolve } from 'node:path';
import { systemClock } from '../core/clock.js';
import { defaultSealedFile } from '../core/sealed-document.js';
import { ageKeyPath } from '../host/age-key-file.js';
import type { SealedPlace } from '../lifecycle/sealed/sealed-place.js';
import { type Invocation, type OptionSpec, textOption } from './command.js';

const identityOption: OptionSpec = {
  flags: '--identity <file>',
  description: 'age identities, instead of KEYWARD_AGE_KEY_FILE or your own',
};

/** Which sealed file, and with which identities. */
export const sealedOptions: readonly OptionSpec[] = [
  { flags: '--file <name>', description: `the sealed file, instead of ${defaultSealedFile}` },
  identityOption,
];

export const identityOptions: readonly OptionSpec[] = [identityOption];

/** @param file as it was typed; absent is the option `--file`, else the default. */
export function sealedPlace(invocation: Invocation, file?: string): SealedPlace {
  const { cwd, env, home } = invocation.io;
  return {
    file: resolve(cwd, file ?? textOption(invocation, 'file') ?? defaultSealedFile),
    keyFile: resolve(cwd, textOption(invocation, 'identity') ?? ageKeyPath(env, home)),
    clock: systemClock,
  };
}
