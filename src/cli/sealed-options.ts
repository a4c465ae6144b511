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
  { flags: '--file <name>', description: `the sealed file, instead of that of keyward.yaml or ${defaultSealedFile}` },
  identityOption,
];

export const identityOptions: readonly OptionSpec[] = [identityOption];

/**
 * @param typed the file; absent is the option `--file`, else that of the project.
 * @throws KeywardError as `ownSealedFile`.
 */
export async function sealedPlace(
  invocation: Invocation,
  typed = textOption(invocation, 'file'),
): Promise<SealedPlace> {
  const { cwd, env, home } = invocation.io;
  const own = async () => {
    const { ownSealedFile } = await import('../compose/own-sealed-file.js');
    return ownSealedFile({ cwd, env, home, file: invocation.global.configFile });
  };
  return {
    file: typed === undefined ? await own() : resolve(cwd, typed),
    keyFile: resolve(cwd, textOption(invocation, 'identity') ?? ageKeyPath(env, home)),
    clock: systemClock,
  };
}
