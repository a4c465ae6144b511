import { writeSync } from 'node:fs';

/** Prints a line at once: what was reported stays reported, whatever happens to the process after it. */
export function report(line) {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** What may be told about an error: an error of the library by its code, any other as what it is. */
export function describeError(error) {
  return { code: error?.code ?? 'foreign', message: String(error?.message ?? error) };
}
