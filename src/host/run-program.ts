import { spawn } from 'node:child_process';
import type { Clock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import { errnoOf } from './file-error.js';

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What it can read on standard input; nothing when absent. */
  readonly input?: Uint8Array | undefined;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly clock: Clock;
  /** For messages. */
  readonly store: string;
}

export interface ProgramResult {
  /** Its exit status; `undefined` when a signal ended it. */
  readonly status: number | undefined;
  readonly output: Buffer;
}

/**
 * Runs a program to its end, without a shell, and takes what it prints. Its standard error
 * goes nowhere. It has a process group of its own, which is killed as a whole when the time is over or the output too long.
 *
 * @throws KeywardError `config` when it cannot be started, `timeout`, `too_large`. They quote neither arguments nor output.
 */
export function runProgram(options: ProgramOptions): Promise<ProgramResult> {
  const { command, args, cwd, env, input = new Uint8Array(), timeoutMs, maxBytes, clock, store } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd,
      env: { ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    // A program that does not read it all says by its status what it thinks of that.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (settle: () => void) => {
      timer.cancel();
      settle();
      for (const chunk of chunks) chunk.fill(0);
    };
    const stop = (code: 'timeout' | 'too_large', problem: string, advice: string) => {
      killGroup(child.pid);
      child.stdout.destroy();
      end(() => reject(new KeywardError(code, `${store}: ${command} ${problem}`, { store, advice })));
    };
    const timer = clock.after(timeoutMs, () =>
      stop(
        'timeout',
        `did not end within ${timeoutMs} ms`,
        'It may be waiting for somebody to answer; or raise `timeout:`.',
      ),
    );
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) stop('too_large', `printed more than ${maxBytes} bytes`, 'Let it print one value.');
    });
    child.once('error', (error) => end(() => reject(notStarted(error, command, store))));
    child.once('close', (status) => end(() => resolve({ status: status ?? undefined, output: Buffer.concat(chunks) })));
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile, or runs as somebody else: there is nothing more to do about it.
  }
}

function notStarted(error: Error, command: string, store: string): KeywardError {
  const problem = errnoOf(error) === 'ENOENT' ? 'is not there' : 'cannot be started';
  return new KeywardError('config', `${store}: the program ${command} ${problem}`, {
    store,
    advice: 'Install it, or correct `command:`; a relative name is looked for in PATH.',
    cause: error,
  });
}
