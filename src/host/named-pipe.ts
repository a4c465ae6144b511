import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { KeywardError } from '../core/errors.js';

export interface Pipe {
  readonly reader: Readable;
  /** The open file of its writing end, to be handed to a child. */
  readonly writer: number;
  /** To be called once the child has the writing end, so that the reader ends when the child does. */
  closeWriter(): void;
}

/**
 * A real pipe. What Node makes when it is asked for one is a socket pair, which a program cannot open again as
 * `/dev/stderr`, and each is for one stream of the child only.
 *
 * @throws KeywardError `unavailable` when the system cannot make one.
 */
export function openPipe(): Pipe {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-pipe-'));
  try {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', ['-m', '600', path], { stdio: 'ignore' });
    // Without a writer the reader must not wait for one.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(path, constants.O_WRONLY);
    const reader = new Socket({ fd, readable: true, writable: false });
    return { reader, writer, closeWriter: () => closeSync(writer) };
  } catch (error) {
    throw new KeywardError('unavailable', 'a pipe for the output of the program cannot be made', {
      advice: 'mkfifo must be in the PATH, and the folder for temporary files must be writable.',
      cause: error,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
