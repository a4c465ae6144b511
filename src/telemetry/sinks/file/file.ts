import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync, writeSync } from 'node:fs';
import { KeywardError } from '../../../core/errors.js';
import { type AccessSink, jsonLines } from '../../access-sink.js';

// Opening a pipe without O_NONBLOCK would wait for its reader.
const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const newline = 0x0a;
const brace = 0x7b;

/**
 * Lines of JSON appended to a file that only its owner may read. Several processes may write to one file, and it may be
 * moved away at any time: the next entries go to a new one. It is never cut or removed.
 *
 * `path` is absolute; its folder exists. Nothing is opened before the first entry.
 */
export function createFileSink(path: string): AccessSink {
  let file: OpenFile | undefined;
  return {
    name: path,
    write: async (entries) => {
      try {
        if (file !== undefined && !file.isAt(path)) {
          file.close();
          file = undefined;
        }
        file ??= new OpenFile(path);
        file.append(Buffer.from(jsonLines(entries)));
      } catch (error) {
        throw sinkError(error, path);
      }
    },
    close: async () => {
      file?.close();
      file = undefined;
    },
  };
}

class OpenFile {
  readonly #descriptor: number;
  readonly #stats: Stats;
  /** Whether the last line has no end: of this process, or of one that was killed while it wrote. */
  #isTorn: boolean;

  constructor(path: string) {
    this.#descriptor = openSync(path, flags, 0o600);
    try {
      this.#stats = fstatSync(this.#descriptor);
      assertOwn(path, this.#stats);
      const { size } = this.#stats;
      if (size > 0 && this.#byteAt(0) !== brace) throw refusal(path, 'holds something else');
      this.#isTorn = size > 0 && this.#byteAt(size - 1) !== newline;
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  isAt(path: string): boolean {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.ino === this.#stats.ino && stats.dev === this.#stats.dev;
  }

  append(lines: Buffer): void {
    const bytes = this.#isTorn ? Buffer.concat([Buffer.of(newline), lines]) : lines;
    for (let at = 0; at < bytes.length; ) {
      this.#isTorn = true;
      at += writeSync(this.#descriptor, bytes, at);
    }
    this.#isTorn = false;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #byteAt(position: number): number | undefined {
    const byte = Buffer.alloc(1);
    return readSync(this.#descriptor, byte, 0, 1, position) === 1 ? byte[0] : undefined;
  }
}

function assertOwn(path: string, stats: Stats): void {
  const problem = !stats.isFile()
    ? 'is not a regular file'
    : stats.uid !== process.getuid?.()
      ? 'belongs to another user'
      : (stats.mode & 0o177) !== 0
        ? 'may be read by others'
        : undefined;
  if (problem !== undefined) throw refusal(path, problem);
}

function refusal(path: string, problem: string): KeywardError {
  return new KeywardError('config', `${path} ${problem}`, {
    store: path,
    advice: 'The access log is a regular file of your own with mode 0600: name another one, or move this one away.',
  });
}

function sinkError(error: unknown, path: string): KeywardError {
  if (error instanceof KeywardError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown failure';
  const isRefused = ['EACCES', 'EPERM', 'ELOOP', 'ENXIO', 'EISDIR', 'ENOTDIR', 'EROFS'].includes(code);
  return new KeywardError(isRefused ? 'config' : 'unavailable', `cannot write to ${path} (${code})`, {
    store: path,
    advice: isRefused ? 'Name a file that this user may write.' : 'Look after the disk; it is tried again.',
    cause: error,
  });
}
