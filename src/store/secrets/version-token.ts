import { KeywardError } from '../../core/errors.js';

/** Whether the text can be a writer's own name for a version: 32 to 64 printable ASCII characters, no space. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]{32,64}$/.test(text);
}

/** The token, which its secret knows again for as long as the version is kept. @throws KeywardError `invalid` */
export function checkedToken(token: string): string {
  if (!isToken(token)) {
    throw new KeywardError('invalid', 'the token of a write must have 32 to 64 printable ASCII characters', {
      advice: 'Use a random UUID, the same one for every try of one write.',
    });
  }
  return token;
}
