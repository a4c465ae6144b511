import { redactionMask, type Secret } from '../core/secret.js';
import { redactJson } from './redact-json.js';
import { redactValue, redactWhole, type ValueMasking } from './redact-value.js';
import { createRedactor, type Redactor } from './redactor.js';

export interface LogRedactorOptions {
  /** The values to mask, asked for again at every use, so that a value read later is masked from then on. */
  readonly values: () => Iterable<Secret>;
  /** What stands in place of a value; `***REDACTED***` when absent. */
  readonly mask?: string | undefined;
  /** Fewest bytes of a value that is masked in other text: 6 when absent, 4 at least. */
  readonly minimumLength?: number | undefined;
}

/** Masks known values in every spelling, and whatever stands under a name such as `password` or `apiKey`. */
export interface LogRedactor {
  /** The text with known values masked. */
  redactText(text: string): string;
  /** Text that is JSON or has JSON in it: known values masked, and the values of sensitive names. */
  redactJson(text: string): string;
  /** A copy of any value, with known values and the values of sensitive names masked at every depth. */
  redactValue(value: unknown): unknown;
  /** As `redactValue` for one object, with the members that are not enumerable and those under symbols. */
  redactWhole<T extends object>(value: T): T;
}

/** @throws KeywardError `invalid` at the first use for a minimum length under 4. */
export function createLogRedactor(options: LogRedactorOptions): LogRedactor {
  const { mask = redactionMask, minimumLength } = options;
  let known: readonly Secret[] = [];
  let redactor: Redactor = createRedactor({ values: [], mask, minimumLength });
  const current = (): Redactor => {
    const values = [...options.values()];
    if (values.length !== known.length || values.some((value, index) => value !== known[index])) {
      known = values;
      const named = values.map((value) => ({ name: '', bytes: value.exposeBytes() }));
      redactor = createRedactor({ values: named, mask, minimumLength });
    }
    return redactor;
  };
  const masking = (): ValueMasking => ({ mask, redactText: current().redactText, isIn: redactor.isIn });
  return {
    redactText: (text) => current().redactText(text),
    redactJson: (text) => redactJson(text, current().redactText, mask),
    redactValue: (value) => redactValue(value, masking()),
    redactWhole: (value) => redactWhole(value, masking()),
  };
}
