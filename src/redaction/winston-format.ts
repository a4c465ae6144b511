import type { LogRedactor } from './log-redactor.js';

/** Where the formats of winston keep what a transport writes (package triple-beam). */
const written = Symbol.for('message');

/**
 * A format for winston that masks what a line holds and, where another format has made its text already, that text.
 * As the last one it sees everything: `format.combine(format.json(), winstonFormat(redactor))`.
 */
export function winstonFormat(redactor: LogRedactor): { readonly transform: <T extends object>(info: T) => T } {
  return {
    transform: (info) => {
      const copy = redactor.redactWhole(info);
      const text: unknown = Reflect.get(info, written);
      if (typeof text === 'string') Reflect.set(copy, written, redactor.redactJson(text));
      return copy;
    },
  };
}
