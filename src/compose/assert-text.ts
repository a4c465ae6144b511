import { KeywardError } from '../core/errors.js';
import type { Secret } from '../core/secret.js';

/** @throws KeywardError `invalid` naming a variable whose value no environment can hold. */
export function assertText(values: ReadonlyMap<string, Secret>): void {
  for (const [name, secret] of values) {
    if (secret.kind === 'text' && !secret.exposeBytes().includes(0)) continue;
    throw new KeywardError('invalid', `the value of ${name} is binary, which no environment variable can hold`, {
      advice: 'Give it as a file (keyward run --files), or store it in a text form such as base64.',
    });
  }
}
