import { isValidEnvironmentName } from '../core/environment-names.js';
import { cannotHold } from './cannot-hold.js';

/**
 * Lines for `eval` in any POSIX shell (`sh`, `bash`, `dash`, `zsh`), each an `export` with the value in single quotes, in
 * which nothing is expanded.
 *
 * @throws KeywardError `invalid` for a NUL, and for a name that is none in a shell.
 */
export function formatShell(entries: Iterable<readonly [name: string, value: string]>): string {
  let text = '';
  for (const [name, value] of entries) {
    if (!isValidEnvironmentName(name)) throw cannotHold('a shell', name, 'it is not a name there');
    if (value.includes('\0')) throw cannotHold('a shell', name, 'its value has a NUL');
    text += `export ${name}='${value.replaceAll("'", "'\\''")}'\n`;
  }
  return text;
}
