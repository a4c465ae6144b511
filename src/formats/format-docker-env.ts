import { isValidEnvironmentName } from '../core/environment-names.js';
import { cannotHold } from './cannot-hold.js';

/** Docker reads lines with Go's `bufio.Scanner`, which gives up at its buffer of 64 KiB. */
const maxLineBytes = 64 * 1024 - 1;

/**
 * The lines of a file for `docker run --env-file`: each value as it is up to the end of its line, without quotes or
 * escapes (the format of `opts/file.go` in docker/cli). Compose reads its `env_file` as `.env` instead.
 *
 * @throws KeywardError `invalid` for what such a line cannot hold: a line end, a NUL, more than 64 KiB.
 */
export function formatDockerEnv(entries: Iterable<readonly [name: string, value: string]>): string {
  let text = '';
  for (const [name, value] of entries) {
    const refuse = (why: string) => cannotHold('a docker env file', name, why);
    const line = `${name}=${value}\n`;
    if (!isValidEnvironmentName(name)) throw refuse('it is not an environment name');
    if (value.includes('\n')) throw refuse('its value has several lines, and there are no quotes or escapes');
    if (value.endsWith('\r')) throw refuse('its value ends with a carriage return, which would be dropped');
    if (value.includes('\0')) throw refuse('its value has a NUL');
    if (new TextEncoder().encode(line).length > maxLineBytes) throw refuse('its line is longer than 64 KiB');
    text += line;
  }
  return text;
}
