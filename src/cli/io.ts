import { homedir } from 'node:os';
import type { Readable, Writable } from 'node:stream';

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
  const opened = <T extends Writable>(stream: T): T => {
    if (!written.includes(stream)) written.push(stream);
    return stream;
  };
  return {
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      if (!written.includes(process.stdout)) process.stdout.on('error', endWithReader);
      return opened(process.stdout);
    },
    get stderr() {
      return opened(process.stderr);
    },
    env: process.env,
    cwd: process.cwd(),
    home: process.env['HOME'] || homedir(),
    isWritten: () => written.every(({ writableLength }) => writableLength === 0),
  };
}

/** A reader that has seen enough (head, less) is no failure. */
function endWithReader(error: Error): void {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
}
