import { type Clock, sleep } from '../../core/clock.js';
import { toKeywardError } from '../../core/errors.js';
import { takeSignals } from '../../host/child-process.js';
import type { LaunchedProgram, Launcher } from './launcher.js';
import { type Values, ValueWatch, type ValueWatchOptions } from './value-watch.js';

export interface KeepRunningOptions extends ValueWatchOptions {
  readonly first: Values;
  readonly launcher: Pick<Launcher, 'start' | 'update'>;
  /** What to send to the program after a change; without it the program is restarted. */
  readonly signal: NodeJS.Signals | undefined;
  /** How long the program may take to end at a restart before it is killed. */
  readonly killAfterMs: number;
  readonly clock: Clock;
}

/** Time between two reactions to changes: doubled while they follow each other, back to the first after a calm time. */
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

const endingSignals: ReadonlySet<string> = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

/**
 * Runs the program until it ends by itself, and answers its exit status. When values change, it is told: by a signal, or
 * by a restart with SIGTERM and, when it takes too long, SIGKILL. Signals that we get are handed on at once; one that
 * asks to end during a restart is not followed by a new start.
 *
 * The stores are closed whenever it is started: it would inherit their open files.
 */
export async function keepRunning(options: KeepRunningOptions): Promise<number> {
  const { launcher, clock, report, signal } = options;
  let watch = new ValueWatch(options);
  let values = options.first;
  let pauseMs = firstPauseMs;
  let isEnding = false;
  let program: LaunchedProgram | undefined;
  // Before it is started, so that no signal is lost in between.
  const leaveSignals = takeSignals((received, isSentToChild) => {
    isEnding ||= endingSignals.has(received);
    if (!isSentToChild) program?.kill(received);
  });
  const isUpdated = (changed: Values) => {
    try {
      launcher.update(changed);
      return true;
    } catch (error) {
      report(`the program keeps the values that it has: ${toKeywardError(error, 'writing the files').message}`);
      return false;
    }
  };
  try {
    program = launcher.start(values);
    for (;;) {
      const reactedAtMs = clock.monotonic();
      const outcome = await Promise.race([program.exited, watch.next(values, reactedAtMs + pauseMs)]);
      if (typeof outcome === 'number') return outcome;
      const isCalm = clock.monotonic() - reactedAtMs > longestPauseMs;
      pauseMs = isCalm ? firstPauseMs : Math.min(pauseMs * 2, longestPauseMs);
      const names = outcome.names.join(', ');
      if (signal === undefined) {
        report(`changed: ${names}; restarting`);
        await watch.close();
        const status = await end(program, options.killAfterMs, clock);
        if (isEnding) return status;
        watch = new ValueWatch(options);
        program = launcher.start(outcome.values);
      } else if (isUpdated(outcome.values)) {
        report(`changed: ${names}; sending ${signal}`);
        program.kill(signal);
      } else {
        continue;
      }
      values = outcome.values;
    }
  } finally {
    leaveSignals();
    // Signals are ours again: what is left to be handed on may be cut short.
    await Promise.all([watch.close(), program?.drained]);
  }
}

async function end(program: LaunchedProgram, killAfterMs: number, clock: Clock): Promise<number> {
  const over = new AbortController();
  program.kill('SIGTERM');
  sleep(clock, killAfterMs, over.signal).then(
    () => program.kill('SIGKILL'),
    () => undefined,
  );
  const status = await program.exited;
  over.abort();
  return status;
}
