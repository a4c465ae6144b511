import { KeywardError } from '../../../core/errors.js';
import type { Path } from '../../../core/path.js';
import type { Payload } from '../../../core/payload.js';

/** What consumers are to have from then on. */
export interface RolloutChange {
  /** 16 hexadecimal digits: the same when the change is repeated, and another one on the way back. */
  readonly id: string;
  readonly path: Path;
  /** The whole secret as it is current: the new value, or on the way back the former one. */
  readonly payload: Payload;
}

/**
 * What brings a value to consumers that do not ask for it themselves. Construction does no I/O. Everything is asked
 * again after a crash, and back is the same way with the former value: a change that was brought already is not brought
 * once more, as far as that can be seen.
 */
export interface Rollout {
  /** What it reaches, for people, and to tell it from the others of its secret: `deployment/api in bots`. */
  readonly name: string;
  /** Begins to bring the value, or does it at once. @throws RolloutFailure when the consumers refuse it. */
  apply(change: RolloutChange): Promise<void>;
  /**
   * What is still waited for, for people; `undefined` when every consumer has the value of the change.
   *
   * @throws RolloutFailure when they do not come to work with it; every other error leaves open how it stands.
   */
  pending(change: RolloutChange): Promise<string | undefined>;
}

const brand = Symbol.for('keyward.rollout-failure');

/** The consumers do not work with what was brought to them: there is only the way back. */
export class RolloutFailure extends KeywardError {
  static {
    Object.defineProperty(RolloutFailure.prototype, brand, { value: true });
  }

  /** A driver may have another copy of this module. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }

  constructor(name: string, problem: string) {
    super('unavailable', `${name} ${problem}`, {
      advice: 'See what the consumers say, and rotate again. No value was taken back from them that works.',
    });
  }
}
