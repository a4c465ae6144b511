import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { KeywardError } from '../core/errors.js';
import { errnoOf } from './file-error.js';

/** Exit statuses that shells give for a program that could not be started. */
export const notExecutable = 126;
export const notFound = 127;

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Open files that it gets as standard output and standard error; ours when absent. */
  readonly output?: readonly [stdout: number, stderr: number] | undefined;
  /** Told when the program could not be started, with the status that is then answered. */
  readonly onNotStarted?: ((status: typeof notFound | typeof notExecutable) => void) | undefined;
}

export interface StartedChild {
  /**
   * Its exit status, once it has ended: its own, 128 and the number of the signal that ended it, 126 when it may not be
   * executed, 127 when it does not exist. Never rejects.
   */
  readonly exited: Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts a program with our standard input.
 *
 * At a terminal it stays in our process group, where the terminal sends it the interrupt itself; without one it gets a
 * group of its own, so that a signal to our group reaches it once, through us.
 *
 * @throws KeywardError `too_large` when the environment is more than the system hands to a program.
 */
export function startChild(options: ChildOptions): StartedChild {
  const child = spawnChild(options);
  const exited = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      const status = errnoOf(error) === 'ENOENT' ? notFound : notExecutable;
      options.onNotStarted?.(status);
      resolve(status);
    });
    child.once('exit', (status, signal) => resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  return { exited, kill: (signal) => void child.kill(signal) };
}

function spawnChild({ command, args, env, cwd, output = [1, 2] }: ChildOptions) {
  try {
    return spawn(command, [...args], { cwd, env: { ...env }, stdio: [0, ...output], detached: !hasTerminal() });
  } catch (error) {
    if (errnoOf(error) !== 'E2BIG') throw error;
    throw new KeywardError('too_large', `${command} cannot be given an environment of this size`, {
      advice: 'Give large values as files, with --files.',
    });
  }
}

const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
/** What a terminal sends to every process in its foreground by itself. */
const sentByTerminal: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT']);

/**
 * Takes the signals that this process gets, from now on and until the answered function is called. `receive` is told
 * each at once, and whether the terminal has sent it to the child by itself.
 */
export function takeSignals(receive: (signal: NodeJS.Signals, isSentToChild: boolean) => void): () => void {
  const inForeground = isInForeground();
  const onSignal = (signal: NodeJS.Signals) => receive(signal, inForeground && sentByTerminal.has(signal));
  for (const signal of forwarded) process.on(signal, onSignal);
  return () => {
    for (const signal of forwarded) process.off(signal, onSignal);
  };
}

/** Whether a terminal controls this process, even when no standard stream is connected to it. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/** Whether this process is in the foreground of its terminal, and so gets its interrupts together with its children. */
function isInForeground(): boolean {
  if (!hasTerminal()) return false;
  try {
    // proc(5): after the command in parentheses come state, ppid, pgrp, session, tty_nr, tpgid.
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] === fields[5];
  } catch {
    return process.stdin.isTTY === true;
  }
}
