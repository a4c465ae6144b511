import type { Caller } from './caller.js';
import type { Operation } from './operations/operation.js';

/**
 * The one place that authorises, audits and acts. In this order: the input is parsed, every target is decided, a refusal
 * is written to the log; a change writes its intent, acts, and writes its outcome; a read acts and writes its record before
 * the answer leaves. What cannot be recorded is not done.
 */
export interface Door {
  /**
   * @throws KeywardError `invalid` for input that does not parse, `denied`, `sealed`, `unavailable` when the log cannot
   * be written, and what the operation itself throws.
   */
  perform<Input, Result>(caller: Caller, operation: Operation<Input, Result>, input: Input): Promise<Result>;
}
