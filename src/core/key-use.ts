import type { Path } from './path.js';
import type { VersionKey } from './version.js';

/** How a key that a client presented was judged. */
export const keyAnswers = ['accepted', 'unknown', 'expired', 'exhausted', 'throttled'] as const;

export type KeyAnswerKind = (typeof keyAnswers)[number];

/** A key that a client presented: which one and how it was judged, nothing of the value. */
export interface KeyUse {
  /** Of the key; of the folder of keys for one that is `unknown`, since nobody vouches for what it says it is. */
  readonly path: Path;
  /** The store that has it; absent for one that is `unknown`. */
  readonly provider?: string | undefined;
  /** Which of its versions was presented, where its store has versions. */
  readonly version?: VersionKey | undefined;
  readonly answer: KeyAnswerKind;
}
