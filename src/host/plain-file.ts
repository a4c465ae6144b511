import { constants, type Stats } from 'node:fs';
import { KeywardError } from '../core/errors.js';
import { close, fstat, open, read } from './file-calls.js';
import { errnoOf, fileError } from './file-error.js';

export interface ReadLimit {
  /** Larger files are refused. */
  readonly maxBytes: number;
}

export interface PlainFile {
  readonly bytes: Uint8Array;
  /** Of the very file that was read. */
  readonly stats: Stats;
}

// Opening a pipe without O_NONBLOCK would wait for its writer.
const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * The whole content of a regular file; `undefined` when there is no such file. Symbolic links are followed unless
 * `noFollow` is set; `accept` is asked about the open file before anything is read, and refuses by throwing.
 *
 * @throws KeywardError `too_large` over the limit, `config` when it is no regular file, may not be read, or (with
 * `noFollow`) is a symbolic link; `unavailable` when the disk fails.
 */
export async function readPlainFile(
  path: string,
  options: ReadLimit & { readonly noFollow?: boolean; readonly accept?: (stats: Stats) => void },
): Promise<PlainFile | undefined> {
  let file: number;
  try {
    file = await open(path, options.noFollow === true ? openFlags | constants.O_NOFOLLOW : openFlags);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw fileError(error, 'read', path);
  }
  try {
    const stats = await fstat(file);
    if (!stats.isFile()) {
      throw new KeywardError('config', `cannot read ${path}: it is not a regular file`, {
        store: path,
        advice: 'Name a regular file.',
      });
    }
    options.accept?.(stats);
    return { bytes: await readUpTo(file, stats.size, options.maxBytes, path), stats };
  } catch (error) {
    throw fileError(error, 'read', path);
  } finally {
    await close(file);
  }
}

/**
 * The text of an ordinary file (who owns it and who may read it does not matter); `undefined` when there is no such
 * file. A byte order mark is kept.
 *
 * @throws KeywardError as `readPlainFile`; `invalid` when the file is not UTF-8.
 */
export async function readTextFile(path: string, limit: ReadLimit): Promise<string | undefined> {
  const file = await readPlainFile(path, limit);
  return file && textOf(file.bytes, path);
}

/** The bytes as UTF-8, with their byte order mark. @param name for the message. @throws KeywardError `invalid` */
export function textOf(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new KeywardError('invalid', `${name} is not UTF-8 text`, {
      store: name,
      advice: 'Save it as UTF-8 without other encodings.',
    });
  }
}

/** V8 moves arrays up to this size about, and leaves copies of a key where they were. */
const movedBytes = 64;

/** The stated size may be wrong (the file may grow, or lie in /proc), so the end decides. */
async function readUpTo(file: number, statedBytes: number, maxBytes: number, path: string): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array(Math.max(Math.min(statedBytes, maxBytes), movedBytes) + 1);
  let total = 0;
  for (;;) {
    const bytesRead = await read(file, bytes, total, bytes.length - total);
    if (bytesRead === 0) return bytes.subarray(0, total);
    total += bytesRead;
    if (total > maxBytes) {
      throw new KeywardError('too_large', `${path} is larger than ${maxBytes} bytes`, { store: path });
    }
    if (total === bytes.length) bytes = grown(bytes, maxBytes + 1);
  }
}

function grown(bytes: Uint8Array, atMost: number): Uint8Array {
  const larger = new Uint8Array(Math.min(Math.max(2 * bytes.length, 4096), atMost));
  larger.set(bytes);
  return larger;
}
