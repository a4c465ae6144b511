import type { Path } from '../../core/path.js';
import type { Provider } from '../../core/provider.js';
import type { JournalParts } from './journal.js';
import type { RotationStep } from './machine.js';
import type { PlannedRollout } from './rollouts/run-rollouts.js';
import type { LogParts } from './rotation-log.js';
import type { Rotator } from './rotators/rotator.js';

export interface RotationParts extends JournalParts, LogParts {
  /** The one write target. */
  readonly provider: Provider;
  /** Tells this Keyward from every other one that may rotate the same secret. */
  readonly owner: string;
}

/** One secret and how it is rotated. */
export interface Rotating {
  readonly path: Path;
  /** Of the journal in `records`. */
  readonly name: string;
  /** Of the log in `records`. */
  readonly logName: string;
  readonly rotator: Rotator;
  /** What brings the value to consumers, in this order; nothing does when absent. */
  readonly rollouts?: readonly PlannedRollout[] | undefined;
  /** For how long the old value works on, in milliseconds. */
  readonly graceMs: number;
  /** How long it takes until every consumer has a new value, in milliseconds. */
  readonly spreadMs: number;
  /** The time that the schedule gave for it, in milliseconds since 1970; `undefined` for one that is not of a schedule. */
  readonly plannedFor?: number | undefined;
  /** Once it is aborted, no further step is begun; what is under way is resumed later. */
  readonly signal?: AbortSignal | undefined;
  /** The incident for which a rotation that begins now is made. */
  readonly incident?: string | undefined;
  /** Lets the former value work on while it is used; absent for one that ends with its grace. */
  readonly whenUnused?: WhenUnused | undefined;
}

/** A former value that is taken back once nobody is seen to use it. */
export interface WhenUnused {
  /** How long it is waited for at most, in milliseconds since the promotion. */
  readonly longestMs: number;
  /**
   * Who is seen to use it still, each as one name.
   *
   * @param former its version, as records name it. @param replacedAt in milliseconds since 1970.
   */
  readonly users: (former: string | undefined, replacedAt: number) => Promise<readonly string[]>;
}

/**
 * `start` begins a rotation, `resume` goes on with one, `undo` takes it back, `skip` goes on without the roll-out that it
 * stands at, `due` does what it is time for.
 */
export type RotationIntent = 'start' | 'resume' | 'undo' | 'skip' | 'due';

/** Called before each step, and of a roll-out with the name of each. Returns at once and never throws. */
export type OnStep = (step: RotationStep, rollout?: string) => void;
