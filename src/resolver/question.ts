import type { Path } from '../core/path.js';
import type { Payload } from '../core/payload.js';
import type { Ref } from '../core/ref.js';
import type { VersionKey } from '../core/version.js';
import type { AskedLink, Place } from './link.js';
import type { StoreReader } from './store-reader.js';

/** What one store answered: the value, where it lay, and its version where the store has them. */
export interface Found {
  readonly payload: Payload;
  readonly ref: Ref;
  readonly version: VersionKey | undefined;
  /** When that version was made, where the store says it with the value. */
  readonly createdAt?: Date | undefined;
}

/** One thing to be found by the chain, in the same way in each store. */
export interface Question {
  /** The same for two questions only when every answer to one is an answer to the other. */
  readonly key: string;
  /** The path that access records carry. */
  readonly path: Path;
  /** What is looked for, for messages: `exchange/binance/api_key`. */
  readonly title: string;
  /** Every place that `lookIn` may read. A store that serves none of them is not asked. */
  readonly places: readonly Place[];
  /**
   * Looks for the answer in one store. `undefined` when it is attested that the store does not have it.
   *
   * @throws KeywardError whatever the store failed with, and `invalid` when what lies there is no answer.
   */
  lookIn(store: StoreReader): Promise<Found | undefined>;
}

/** A question put to some links of the chain. */
export interface Inquiry {
  readonly question: Question;
  readonly links: readonly AskedLink[];
  /** What its answer is remembered under. */
  readonly key: string;
}

/** An answer of the chain. */
export interface Answer extends Found {
  readonly provider: string;
  /** When its store was asked, on the monotonic clock. */
  readonly readAtMs: number;
  /** Whether a store that should have answered first could not. */
  readonly degraded: boolean;
}
