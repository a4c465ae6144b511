import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
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
  /** Told when the program could not be started, with the status that is then answered. */
  readonly onNotStarted?: ((status: typeof notFound | typeof notExecutable) => void) | undefined;
}

const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
/** What a terminal sends to every process in its foreground by itself. */
const sentByTerminal: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT']);

/**
 * Runs a program in our place: it has our standard streams, so a terminal stays a terminal, and gets the signals that we
 * get, at once. Answers its exit status: its own, 128 and the number of the signal that ended it, 126 when it may not be
 * executed, 127 when it does not exist.
 *
 * At a terminal the program stays in our process group, where the terminal sends it the interrupt itself; without one
 * it gets a group of its own, so that a signal to our group reaches it once, through us.
 */
export async function runChild(options: ChildOptions): Promise<number> {
  const inForeground = isInForeground();
  let child: ChildProcess | undefined;
  const early: NodeJS.Signals[] = [];
  const forward = (signal: NodeJS.Signals) => {
    if (inForeground && sentByTerminal.has(signal)) return;
    if (child === undefined) early.push(signal);
    else child.kill(signal);
  };
  // Before the child exists, so that no signal is lost in between.
  for (const signal of forwarded) process.on(signal, forward);
  try {
    return await new Promise<number>((resolve) => {
      const started = spawn(options.command, [...options.args], {
        cwd: options.cwd,
        env: { ...options.env },
        stdio: 'inherit',
        detached: !hasTerminal(),
      });
      started.once('error', (error) => {
        const status = errnoOf(error) === 'ENOENT' ? notFound : notExecutable;
        options.onNotStarted?.(status);
        resolve(status);
      });
      started.once('exit', (status, signal) =>
        resolve(status ?? 128 + (signal === null ? 0 : constants.signals[signal])),
      );
      child = started;
      for (const signal of early) started.kill(signal);
    });
  } finally {
    for (const signal of forwarded) process.off(signal, forward);
  }
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
