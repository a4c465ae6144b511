import { fstatSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { type Readable, Writable } from 'node:stream';
import { errnoOf, fileError } from '../host/file-error.js';

/** The outside world of one run of the command line. Tests hand in their own. */
export interface CliIo {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
}

/** Node opens a standard stream when it is first asked for, which takes a while and which most runs never need. */
export function processIo(): CliIo & { /** Whether nothing waits to be written. */ isWritten(): boolean } {
  const written: Writable[] = [];
  const opened = <T extends Writable>(stream: T, onError: (error: Error) => void): T => {
    if (!written.includes(stream)) written.push(stream.on('error', onError));
    return stream;
  };
  let stdout: Writable | undefined;
  return {
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      stdout ??= fstatSync(1).isFile() ? fileStream(1) : process.stdout;
      return opened(stdout, endWithReader);
    },
    get stderr() {
      return opened(process.stderr, () => undefined);
    },
    env: process.env,
    cwd: process.cwd(),
    home: process.env['HOME'] || homedir(),
    isWritten: () => written.every(({ writableLength }) => writableLength === 0),
  };
}

/** A reader that has seen enough (head, less) is no failure; what else goes wrong is told by the command. */
function endWithReader(error: Error): void {
  if (errnoOf(error) === 'EPIPE') process.exit(0);
}

/** Node's own stream takes it for success when a disk took a part of what was written. */
function fileStream(fd: number): Writable {
  const stream = new Writable({
    write: (chunk: Uint8Array, _encoding, done) => {
      try {
        done(void writeFileSync(fd, chunk));
      } catch (error) {
        done(fileError(error, 'write', 'standard output'));
      }
    },
  });
  return Object.assign(stream, { fd });
}
