import { type Clock, sleep } from '../../../core/clock.js';
import { formatDuration } from '../../../core/duration.js';
import { isKeywardError, KeywardError } from '../../../core/errors.js';
import type { HeldJournal, RolloutProgress } from '../journal.js';
import { type Rollout, type RolloutChange, RolloutFailure } from './rollout.js';

/** What is wrong with the consumers, for people; `undefined` when they are well. @throws KeywardError as what it asks. */
export type HealthCheck = () => Promise<string | undefined>;

/** A roll-out as it is configured; times in milliseconds. */
export interface PlannedRollout {
  readonly rollout: Rollout;
  /** How long it may take until every consumer has the value. */
  readonly timeoutMs: number;
  /** How long nothing more is done then. */
  readonly pauseMs: number;
  /** Asked after that; has to find them well within the time. */
  readonly check?: { readonly ask: HealthCheck; readonly withinMs: number } | undefined;
}

export interface RolloutRun {
  readonly planned: readonly PlannedRollout[];
  readonly journal: HeldJournal;
  readonly clock: Clock;
  /** Called before each, with its name. */
  readonly onRollout: (name: string) => void;
}

const pollMs = 2_000;
/** Well before the lease of the journal ends. */
const renewMs = 60_000;

/**
 * Brings the change to the consumers, one roll-out after the other, from where the journal says that it stands.
 *
 * @throws RolloutFailure when consumers do not come to work with it; KeywardError as the roll-outs.
 */
export async function rollOut(run: RolloutRun, change: RolloutChange): Promise<void> {
  for (const { rollout, timeoutMs, pauseMs, check } of run.planned) {
    const { name } = rollout;
    if (progressOf(run).done.includes(name)) continue;
    if (!progressOf(run).begun.includes(name)) await note(run, 'begun', name);
    run.onRollout(name);
    const wait = new Wait(run);
    await rollout.apply(change);
    await wait.until(() => rollout.pending(change), timeoutMs, name, 'is not ready');
    await wait.for(pauseMs);
    if (check !== undefined) await wait.until(check.ask, check.withinMs, name, 'is not healthy');
    await note(run, 'done', name);
  }
}

/**
 * Brings the change to those for whom another one was begun, the last one first, and only then waits for them: who fails
 * holds up nobody else.
 *
 * @throws KeywardError as the roll-outs; the first of them.
 */
export async function rollBack(run: RolloutRun, change: RolloutChange): Promise<void> {
  const left = [...progressOf(run).begun].reverse().filter((name) => !progressOf(run).done.includes(name));
  const failures: unknown[] = [];
  const applied: PlannedRollout[] = [];
  for (const name of left) {
    run.onRollout(name);
    // Each may take nearly as long as the journal is kept.
    await run.journal.save({});
    try {
      const planned = plannedAs(name, run, change);
      await planned.rollout.apply(change);
      applied.push(planned);
    } catch (error) {
      failures.push(error);
    }
  }
  for (const { rollout, timeoutMs } of applied) {
    try {
      await new Wait(run).until(() => rollout.pending(change), timeoutMs, rollout.name, 'is not ready');
      await note(run, 'done', rollout.name);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** @throws KeywardError `config` when it is gone */
function plannedAs(name: string, { planned }: RolloutRun, { path }: RolloutChange): PlannedRollout {
  const found = planned.find(({ rollout }) => rollout.name === name);
  if (found !== undefined) return found;
  throw new KeywardError('config', `${name} was brought the new value, and is no longer in the \`rollout:\``, {
    path,
    advice: `Put it back there, or bring it the former value by hand and run: keyward rotation rollout ${path} --skip`,
  });
}

function progressOf({ journal }: RolloutRun): RolloutProgress {
  return journal.now.rollouts ?? { id: '', begun: [], done: [] };
}

async function note(run: RolloutRun, list: 'begun' | 'done', name: string): Promise<void> {
  const progress = progressOf(run);
  await run.journal.save({ rollouts: { ...progress, [list]: [...progress[list], name] } });
}

/** Waits, and keeps the journal meanwhile. */
class Wait {
  readonly #clock: Clock;
  readonly #journal: HeldJournal;
  #renewedAt: number;

  constructor({ clock, journal }: RolloutRun) {
    this.#clock = clock;
    this.#journal = journal;
    this.#renewedAt = clock.monotonic();
  }

  async for(delayMs: number): Promise<void> {
    const end = this.#clock.monotonic() + delayMs;
    for (let left = delayMs; left > 0; left = end - this.#clock.monotonic()) {
      await this.#sleep(Math.min(left, renewMs));
    }
  }

  /** Asks again and again, also when the question fails in a way that may pass. */
  async until(ask: HealthCheck, withinMs: number, name: string, problem: string): Promise<void> {
    const end = this.#clock.monotonic() + withinMs;
    for (;;) {
      const missing = await ask().catch((error: unknown) => {
        const mayPass = isKeywardError(error, 'unavailable', 'timeout', 'throttled');
        if (error instanceof RolloutFailure || !mayPass) throw error;
        return error;
      });
      if (missing === undefined) return;
      const left = end - this.#clock.monotonic();
      if (left <= 0) {
        if (typeof missing !== 'string') throw missing;
        throw new RolloutFailure(name, `${problem} after ${formatDuration(withinMs)}: ${missing}`);
      }
      await this.#sleep(Math.min(left, pollMs));
    }
  }

  async #sleep(delayMs: number): Promise<void> {
    await sleep(this.#clock, delayMs);
    if (this.#clock.monotonic() - this.#renewedAt < renewMs) return;
    await this.#journal.save({});
    this.#renewedAt = this.#clock.monotonic();
  }
}
