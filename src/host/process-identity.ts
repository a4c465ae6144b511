import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { KeywardError } from '../core/errors.js';
import { errnoOf } from './file-error.js';

/** One process among all that ever had its number on this host. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; differs between two processes that had the same number, across restarts of the host too. */
  readonly startedAt: string;
}

export function currentProcess(): ProcessIdentity {
  const startedAt = startOf(process.pid);
  if (startedAt === undefined) throw new KeywardError('internal', 'cannot find out when this process was started');
  return { pid: process.pid, startedAt };
}

/** Whether that very process still runs. One that exists but that this user may not look at counts as running. */
export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  const start = startOf(pid);
  return start === undefined ? false : start === startedAt || start === hidden;
}

/** Whether any process has this number now. */
export function isProcessThere(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 0 && startOf(pid) !== undefined;
}

/**
 * Where process numbers are counted: a container counts its own. Decimal digits; `0` where there is but one such place.
 */
export function processNamespace(): string {
  if (process.platform !== 'linux') return '0';
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/** Whether the process was started since the host was: of any other one it is known that it is gone. */
export function isOfThisBoot({ startedAt }: ProcessIdentity): boolean {
  return process.platform !== 'linux' || startedAt.startsWith(`${bootOfHost()}:`);
}

const hidden = 'hidden';

/** `undefined` when no such process runs, `hidden` when it runs but cannot be looked at. */
function startOf(pid: number): string | undefined {
  return process.platform === 'linux' ? startInProc(pid) : startFromPs(pid);
}

/** The boot and the clock ticks since then: field 22 of proc_pid_stat(5). */
function startInProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return exists(pid) ? hidden : undefined;
  }
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  const [state, ...later] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = later[18];
  if (state === 'Z' || state === 'X' || ticks === undefined) return undefined;
  return `${bootOfHost()}:${ticks}`;
}

function bootOfHost(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** To the second; ps answers with status 1 when there is no such process. */
function startFromPs(pid: number): string | undefined {
  try {
    const output = execFileSync('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      env: { LC_ALL: 'C', TZ: 'UTC' },
      encoding: 'latin1',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [state = 'Z', ...start] = output.trim().split(/\s+/);
    return state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return exists(pid) ? hidden : undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}
