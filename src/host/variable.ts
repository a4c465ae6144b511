import { isAbsolute, resolve } from 'node:path';
import { isSystemName } from '../core/environment-names.js';
import { KeywardError } from '../core/errors.js';
import { withoutFinalNewline } from '../core/final-newline.js';
import { quoted } from '../core/path.js';
import { maxPayloadBytes, type Payload, payloadOf, textPayload } from '../core/payload.js';
import { isReference } from '../core/reference.js';
import { readPlainFile } from './plain-file.js';
import { isBelowFolder, realPath } from './real-path.js';

/** A variable as it stands in the environment or in a `.env` file. */
export interface Variable {
  readonly value: string;
  /** Of `NAME` and `NAME_FILE` the one with the higher rank counts; with the same rank they contradict each other. */
  readonly rank: number;
  /** The folder that a `NAME_FILE` must stay in and is relative to; without one it must be absolute. */
  readonly folder?: string | undefined;
}

/**
 * The value of a variable: its own text, or what is in the file that `NAME_FILE` names, without one final newline.
 * `undefined` when neither is set. An empty `NAME` is a value, an empty `NAME_FILE` is not set. A `NAME_FILE` that is a
 * system name, such as `SSL_CERT_FILE`, means something else and is not looked at. A `NAME` that is a reference to a
 * secret is not the secret and counts as not set.
 *
 * @throws KeywardError `config` when both are set, or the file may not be read or is not there; `too_large` over 512
 * KiB; `unavailable` when the disk fails.
 */
export async function readVariable(
  name: string,
  find: (name: string) => Variable | undefined,
): Promise<Payload | undefined> {
  const fileVariable = `${name}_FILE`;
  const found = find(name);
  const direct = found !== undefined && isReference(found.value) ? undefined : found;
  const named = isSystemName(fileVariable) ? undefined : find(fileVariable);
  const file = named?.value === '' ? undefined : named;
  if (direct !== undefined && file !== undefined && direct.rank === file.rank) {
    throw new KeywardError('config', `${name} and ${fileVariable} are both set, and only one can count`, {
      advice: `Remove one of the two; ${fileVariable} keeps the value out of the environment.`,
    });
  }
  if (file === undefined || (direct !== undefined && direct.rank > file.rank)) {
    return direct && textPayload(direct.value);
  }
  return payloadOf(withoutFinalNewline(await readNamedFile(fileVariable, file)));
}

async function readNamedFile(variable: string, { value: file, folder }: Variable): Promise<Uint8Array> {
  const refuse = (problem: string, advice: string) =>
    new KeywardError('config', `${variable} names ${quoted(file)}, ${problem}`, { store: variable, advice });
  if (folder === undefined && !isAbsolute(file)) {
    throw refuse('which is not an absolute path', 'Write the whole path, for example /run/secrets/name.');
  }
  const path = folder === undefined ? file : await realPath(resolve(folder, file));
  if (path !== undefined && folder !== undefined && !(await isBelowFolder(path, folder))) {
    throw refuse(
      `which is outside of ${folder}`,
      'Name a file in that folder, or set the variable in the environment.',
    );
  }
  const found = path === undefined ? undefined : await readPlainFile(path, { maxBytes: maxPayloadBytes + 2 });
  if (found === undefined) throw refuse('and there is no such file', 'Create the file, or remove the variable.');
  return found.bytes;
}
