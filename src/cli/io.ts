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

export function processIo(): CliIo {
  return {
    // Node opens standard input when it is first asked for, which takes a while and which most commands never need.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    home: process.env['HOME'] || homedir(),
  };
}
