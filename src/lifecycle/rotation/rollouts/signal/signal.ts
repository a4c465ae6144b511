import { resolve } from 'node:path';
import { KeywardError } from '../../../../core/errors.js';
import { readPlainFile, textOf } from '../../../../host/plain-file.js';
import { runningProcess } from '../../../../host/running-process.js';
import { assertTrustedRoute, isOwnOrRoot } from '../../../../host/trusted-route.js';
import type { Rollout } from '../rollout.js';
import type { RolloutContext } from '../rollout-kind.js';

export interface SignalRolloutOptions {
  readonly pidFile: string;
  readonly signal: 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2';
}

/** What clocks of the kernel and of the file system may differ by. */
const toleranceMs = 2_000;

/**
 * A process that reads its secrets again when it gets a signal. Only the one that wrote the file is meant: a later
 * process with its number, or one of another user, gets none.
 */
export function createSignalRollout({ pidFile, signal }: SignalRolloutOptions, { folder }: RolloutContext): Rollout {
  const name = `${signal} to ${pidFile}`;
  const path = resolve(folder, pidFile);
  const refuse = (problem: string, advice = 'Start the program again, so that it writes its number anew.') =>
    new KeywardError('config', `${name}: ${problem}`, { store: path, advice });

  return {
    name,
    async apply() {
      const file = await readPlainFile(path, { maxBytes: 64, noFollow: true });
      if (file === undefined) throw refuse('there is no such file');
      const { bytes, stats } = file;
      if (!isOwnOrRoot(stats.uid) || (stats.mode & 0o022) !== 0) throw refuse('others may write to the file');
      assertTrustedRoute(path);
      const text = textOf(bytes, path).trim();
      const pid = /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : 0;
      if (pid <= 1) throw refuse('the file holds no number of a process');
      const found = runningProcess(pid);
      if (found === undefined) throw refuse('the process is gone');
      if (found.uid !== stats.uid && stats.uid !== 0) throw refuse('the process is of another user than the file');
      if (found.startedAt > stats.mtimeMs + toleranceMs)
        throw refuse('the process was started after the file was written');
      try {
        process.kill(pid, signal);
      } catch {
        throw refuse('the process takes no signal from this user', 'Run keyward as the user of the program.');
      }
    },
    pending: async () => undefined,
  };
}
