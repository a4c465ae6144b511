import { readFileSync, statSync } from 'node:fs';
import { KeywardError } from '../core/errors.js';

export interface RunningProcess {
  /** Whose rights it has. */
  readonly uid: number;
  /** In milliseconds since 1970, by the clock as it is now. */
  readonly startedAt: number;
}

/** In which the kernel tells times to programs, on every architecture of Linux that Node runs on: `USER_HZ`. */
const ticksPerSecond = 100;

/**
 * The process of this number; `undefined` when there is none.
 *
 * @throws KeywardError `unsupported` where there is no `/proc` (proc_pid_stat(5), proc_uptime(5)).
 */
export function runningProcess(pid: number): RunningProcess | undefined {
  let stat: string;
  let uid: number;
  let uptime: string;
  try {
    uptime = readFileSync('/proc/uptime', 'latin1');
  } catch (error) {
    throw new KeywardError('unsupported', 'this system does not say when a process was started', { cause: error });
  }
  try {
    ({ uid } = statSync(`/proc/${pid}`));
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  const [state, ...later] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z' || state === 'X') return undefined;
  const ageSeconds = Number.parseFloat(uptime) - Number(later[18]) / ticksPerSecond;
  return { uid, startedAt: Date.now() - ageSeconds * 1000 };
}
