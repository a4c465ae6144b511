import { join } from 'node:path';
import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { dateOf } from '../../core/expiry.js';
import { changeFile } from '../../host/change-file.js';
import { readTextFile } from '../../host/plain-file.js';

/** Somebody's word that a line of the checklist holds. */
export interface Attestation {
  readonly by: string;
  /** A day, such as `2027-01-31`. */
  readonly date: string;
  readonly note?: string | undefined;
}

/** By the id of the line. */
export type Attestations = ReadonlyMap<string, Attestation>;

/** Beside keyward.yaml, to be committed: its history says who changed what. */
export const attestationsFile = 'keyward.attestations.json';

const maxFileBytes = 1024 * 1024;
const keys = ['by', 'date', 'note'];
/** One line that drives no terminal. */
export function isLine(text: unknown): text is string {
  return typeof text === 'string' && /^[^\p{Cc}\p{Bidi_Control}\u2028\u2029]{1,500}$/u.test(text);
}

/** @throws KeywardError `config` for a file that does not hold attestations; as reading a file. */
export async function readAttestations(folder: string): Promise<Attestations> {
  const file = join(folder, attestationsFile);
  return attestationsIn(await readTextFile(file, { maxBytes: maxFileBytes }), file);
}

/** Notes the attestation, in place of an earlier one of the line. @throws as `readAttestations`, and as `changeFile` */
export async function writeAttestation(
  folder: string,
  id: string,
  attestation: Attestation,
  clock: Clock,
): Promise<void> {
  const file = join(folder, attestationsFile);
  await changeFile(file, { maxBytes: maxFileBytes, clock }, async (text) => {
    const all = new Map(attestationsIn(text, file)).set(id, attestationIn(attestation, id, file));
    const lines = [...all.keys()].sort().map((key) => `  ${JSON.stringify(key)}: ${JSON.stringify(all.get(key))}`);
    return `{\n${lines.join(',\n')}\n}\n`;
  });
}

function attestationsIn(text: string | undefined, file: string): Attestations {
  return new Map(Object.entries(parsed(text ?? '{}', file)).map(([id, entry]) => [id, attestationIn(entry, id, file)]));
}

function parsed(text: string, file: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new KeywardError('config', `${file} is no JSON object`, { store: file, advice: 'Correct it, or restore it.' });
}

function attestationIn(entry: unknown, id: string, file: string): Attestation {
  if (typeof entry === 'object' && entry !== null && Object.keys(entry).every((key) => keys.includes(key))) {
    const { by, date, note }: Partial<Record<keyof Attestation, unknown>> = entry;
    const hasNote = note === undefined || isLine(note);
    if (isLine(by) && hasNote && typeof date === 'string' && dateOf(date) !== undefined) return { by, date, note };
  }
  throw new KeywardError('config', `the attestation of ${JSON.stringify(id)} in ${file} has not the form of one`, {
    store: file,
    advice: 'It is { "by": who, "date": "2027-01-31", "note": text }; write it with: keyward attest',
  });
}
