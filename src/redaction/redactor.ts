import { KeywardError } from '../core/errors.js';
import { redactionMask } from '../core/secret.js';
import { RedactedStream } from './redacted-stream.js';
import { SpellingAutomaton } from './spelling-automaton.js';
import { spellingsOf } from './spellings.js';

const defaultMinimumLength = 6;
const lowestMinimumLength = 4;

export interface NamedValue {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface RedactorOptions {
  readonly values: Iterable<NamedValue>;
  /** What stands in place of a value; `***REDACTED***` when absent. */
  readonly mask?: string | undefined;
  /** Fewest bytes of a value, or of a spelling of it, that is masked: 6 when absent, 4 at least. */
  readonly minimumLength?: number | undefined;
}

/** Masks a set of values, in every spelling of `spellingsOf`. */
export interface Redactor {
  /** Names of the values that are not masked: too short, or too common in ordinary text. */
  readonly skipped: readonly string[];
  /** A new output to mask; each of a program's outputs needs one of its own. */
  stream(): RedactedStream;
  /**
   * Masks the rest of an output that another redactor began to mask. Where this one has the values of that one, too, a
   * value that has begun there is masked to its end.
   */
  takeOver(output: RedactedStream): void;
  /** The text with every spelling masked; the very same text when there is none. */
  redactText(text: string): string;
  /** Whether any spelling stands in the bytes. */
  isIn(bytes: Uint8Array): boolean;
}

/** @throws KeywardError `invalid` for a minimum length under 4. */
export function createRedactor(options: RedactorOptions): Redactor {
  const { minimumLength = defaultMinimumLength } = options;
  if (!(minimumLength >= lowestMinimumLength)) {
    throw new KeywardError('invalid', `a minimum length of ${minimumLength} would mask parts of ordinary words`, {
      advice: `Use ${lowestMinimumLength} or more.`,
    });
  }
  const skipped: string[] = [];
  const spellings: Uint8Array[] = [];
  for (const { name, bytes } of options.values) {
    const found = spellingsOf(bytes, minimumLength);
    if (found.length === 0) skipped.push(name);
    for (const spelling of found) spellings.push(spelling);
  }
  const automaton = new SpellingAutomaton(spellings);
  const mask = Buffer.from(options.mask ?? redactionMask);
  const stream = () => new RedactedStream(automaton, mask);
  return {
    skipped,
    stream,
    takeOver: (output) => output.use(automaton),
    redactText: (text) => {
      const output = stream();
      const parts = [output.write(Buffer.from(text)), output.release()];
      return output.hasMasked ? Buffer.concat(parts).toString('utf8') : text;
    },
    isIn: (bytes) => {
      const output = stream();
      output.write(bytes);
      output.release();
      return output.hasMasked;
    },
  };
}
