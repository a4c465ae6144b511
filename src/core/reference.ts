import { KeywardError } from './errors.js';
import { formatRef, parseRef, type Ref } from './ref.js';

export const referenceScheme = 'keyward://';

/** A variable whose value says where the real value lies. */
export interface ReferenceVariable {
  /** `keyward://path[#field][@version]`, as it was found. */
  readonly value: string;
  /** Where it is set, for messages: `the environment`, or a file with its line. */
  readonly where: string;
}

/** Whether the value is meant to be a reference, well-formed or not. */
export function isReference(value: string): boolean {
  return value.slice(0, referenceScheme.length).toLowerCase() === referenceScheme;
}

/**
 * Reads `keyward://path[#field][@version]`: the scheme in lower case, then a ref in its one spelling, and nothing else.
 *
 * @throws KeywardError `invalid`, without the text: what was written behind the scheme by mistake may be a value.
 */
export function parseReference(text: string): Ref {
  try {
    if (text.startsWith(referenceScheme)) return parseRef(text.slice(referenceScheme.length));
  } catch {
    // The reason quotes the text.
  }
  throw new KeywardError('invalid', 'what is written there is not a reference', {
    advice: `Write it like ${referenceScheme}exchange/binance#api_key, with an optional @version at the end.`,
  });
}

export function formatReference(ref: Ref): string {
  return `${referenceScheme}${formatRef(ref)}`;
}
