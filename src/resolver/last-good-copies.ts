import type { AskedLink, Place } from './link.js';
import type { Answer, Question } from './question.js';

/** What is on record of an answer. */
export interface LastGoodCopy {
  /** Marked as degraded; `undefined` when it is too old to be given. */
  readonly answer: Answer | undefined;
}

/**
 * Last good answers of remote stores, kept beyond the process: for starts while those stores are down. What changes them
 * returns at once, never throws, and takes effect in the order of the calls.
 */
export interface LastGoodCopies {
  /**
   * What this store answered to the question when it was last asked, by whichever process; `undefined` when nothing is
   * on record.
   *
   * @throws KeywardError when the copies cannot be read.
   */
  find(question: Question, key: string, link: AskedLink): Promise<LastGoodCopy | undefined>;
  keep(key: string, answer: Answer): void;
  /** The store has no answer to the question any more. */
  forget(question: Question, key: string, link: AskedLink): void;
  /** Nothing that was read at one of the places, from whichever store, is to be given again. */
  forgetPlaces(places: readonly Place[]): void;
}
