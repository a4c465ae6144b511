import { KeywardError } from '../core/errors.js';
import { randomBytes } from '../crypto/random.js';
import type { Leak } from './leak.js';

const kind = 'keyward-scan-baseline';
const version = 1;
const keyBytes = 32;

/** Findings that are known, and the key of their fingerprints. */
export interface Baseline {
  readonly key: Uint8Array;
  isKnown(leak: Leak): boolean;
}

/** One that knows nothing, with a new key. */
export function emptyBaseline(): Baseline {
  return { key: randomBytes(keyBytes), isKnown: () => false };
}

/**
 * The findings as the text of a file. Whoever has it can try guesses of what was found, as whoever has the files can.
 *
 * @param key of the fingerprints
 */
export function formatBaseline(key: Uint8Array, leaks: readonly Leak[]): string {
  const known = [...new Set(leaks.map(markOf))].sort();
  return `${JSON.stringify({ kind, version, key: Buffer.from(key).toString('base64'), known }, null, 2)}\n`;
}

/** @param name of the file, for messages @throws KeywardError `invalid` when the text is no baseline. */
export function parseBaseline(text: string, name: string): Baseline {
  const fields = new Map(Object.entries(objectOf(text)));
  const key = Buffer.from(String(fields.get('key')), 'base64');
  const known: unknown = fields.get('known');
  if (fields.get('kind') !== kind || fields.get('version') !== version || key.length !== keyBytes || !isTexts(known)) {
    throw new KeywardError('invalid', `${name} is no baseline`, {
      store: name,
      advice: 'Write one: keyward scan --write-baseline FILE',
    });
  }
  const marks = new Set(known);
  return { key, isKnown: (leak) => marks.has(markOf(leak)) };
}

/** The line is no part of it: it changes with whatever is written above. */
function markOf({ kind: { id }, file, fingerprint }: Leak): string {
  return `${fingerprint} ${id} ${file}`;
}

function objectOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
