import { type Clock, sleep } from '../../core/clock.js';
import { toKeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import type { RotationStatus, UnknownStatus } from './due.js';
import { type RotateDueOptions, type RotationOutcome, rotateDue } from './rotate-due.js';

/** The rotations of a project as its configuration was when they were opened. */
export interface WatchedRotations {
  statuses(): Promise<readonly (RotationStatus | UnknownStatus)[]>;
  readonly rotate: RotateDueOptions['rotate'];
  /** Tells people; never throws. */
  tell(statuses: readonly (RotationStatus | UnknownStatus)[], outcomes: readonly RotationOutcome[]): Promise<void>;
  /** Whether the configuration has changed since. */
  isChanged(): Promise<boolean>;
  close(): Promise<void>;
}

/** One line of the log. It holds names, times and codes, never a value. */
export interface WatchEvent {
  readonly event: 'ready' | 'reloaded' | 'step' | 'rotated' | 'waiting' | 'absent' | 'failed' | 'stopped';
  readonly path?: Path | undefined;
  readonly [detail: string]: unknown;
}

export interface WatchOptions {
  /** Reads the configuration. */
  readonly open: () => Promise<WatchedRotations>;
  readonly clock: Clock;
  readonly parallel: number;
  /** Ends it after the step that is being taken. */
  readonly signal: AbortSignal;
  readonly log: (event: WatchEvent) => void;
}

/** How often it is looked whether the configuration or the host's clock has changed. */
const lookMs = 5_000;
/** How often it is looked what other processes have begun, paused and resumed. */
const roundMs = 5 * 60_000;

/**
 * Does what is due when it is due, until it is told to end. A configuration that is wrong is reported, and the former one
 * stays in force; what fails is reported and tried again at its time.
 *
 * @throws what `open` throws the first time.
 */
export async function watchRotations({ open, clock, parallel, signal, log }: WatchOptions): Promise<void> {
  let rotations = await open();
  log({ event: 'ready' });
  try {
    while (!signal.aborted) {
      const nextMs = await round(rotations);
      while (!signal.aborted && clock.now() < nextMs) {
        await sleep(clock, Math.min(lookMs, nextMs - clock.now()), signal).catch(() => undefined);
        if (signal.aborted || !(await rotations.isChanged())) continue;
        await reload();
        break;
      }
    }
  } finally {
    await rotations.close();
  }
  log({ event: 'stopped' });

  /** Answers when to look again. */
  async function round({ statuses, rotate, tell }: WatchedRotations): Promise<number> {
    const latest = clock.now() + roundMs;
    try {
      const found = await statuses();
      const outcomes = await rotateDue(found, {
        rotate,
        onStep: (path, step, rollout) => log({ event: 'step', path, step, rollout }),
        onAbsent: (path) => log({ event: 'absent', path }),
        parallel,
        signal,
      });
      for (const outcome of outcomes) log(eventOf(outcome));
      await tell(found, outcomes);
      const times = [
        ...found.flatMap((status) =>
          'error' in status || status.next === 'due' ? [] : (status.dueAt?.getTime() ?? []),
        ),
        ...outcomes.flatMap(({ journal }) => journal?.waitUntil ?? []),
      ];
      return Math.min(latest, ...times.filter((time) => time > clock.now()));
    } catch (error) {
      const { code, message } = toKeywardError(error, 'looking what is due');
      log({ event: 'failed', code, message });
      return latest;
    }
  }

  async function reload(): Promise<void> {
    try {
      const next = await open();
      await rotations.close();
      rotations = next;
      log({ event: 'reloaded' });
    } catch (error) {
      const { code, message } = toKeywardError(error, 'reading the configuration');
      log({ event: 'failed', code, message });
    }
  }
}

function eventOf({ path, journal, task, error }: RotationOutcome): WatchEvent {
  if (error !== undefined) return { event: 'failed', path, code: error.code, message: error.message };
  const { state, waitUntil } = journal ?? {};
  if (task !== undefined) return { event: 'waiting', path, state, task: task.name };
  return { event: 'rotated', path, state, until: waitUntil === undefined ? undefined : new Date(waitUntil) };
}
