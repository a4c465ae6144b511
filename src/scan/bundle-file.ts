import { KeywardError } from '../core/errors.js';
import type { FingerprintBundle } from './fingerprints.js';

const kind = 'keyward-fingerprints';
const version = 1;
const keyBytes = 32;
const windowRange = { least: 4, most: 32 };
const slotBitRange = { least: 10, most: 26 };
const longestValue = 1024 * 1024;

/** The bundle as the text of a file, with one fingerprint on each line. */
export function formatBundle(bundle: FingerprintBundle): string {
  const { createdMs, expiresMs, key, window, slotBits, slots, lengths, fingerprints } = bundle;
  const document = {
    kind,
    version,
    created: new Date(createdMs).toISOString(),
    expires: new Date(expiresMs).toISOString(),
    key: Buffer.from(key).toString('base64'),
    window,
    slotBits,
    slots,
    lengths,
    fingerprints: [...fingerprints].map(([fingerprint, name]) =>
      name === undefined ? [fingerprint] : [fingerprint, name],
    ),
  };
  return `${JSON.stringify(document)}\n`;
}

/**
 * @param name of the file, for messages
 * @throws KeywardError `invalid` when the text is no bundle, `config` when it has expired.
 */
export function parseBundle(text: string, name: string, nowMs: number): FingerprintBundle {
  const bundle = read(text);
  if (bundle === undefined) {
    throw new KeywardError('invalid', `${name} is no bundle of fingerprints`, {
      store: name,
      advice: 'Make one: keyward scan bundle --out FILE',
    });
  }
  if (bundle.expiresMs <= nowMs) {
    throw new KeywardError(
      'config',
      `${name} has expired on ${new Date(bundle.expiresMs).toISOString().slice(0, 10)}`,
      {
        store: name,
        advice: 'Make a new one: keyward scan bundle --out FILE',
      },
    );
  }
  return bundle;
}

function read(text: string): FingerprintBundle | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null) return undefined;
  const fields = new Map(Object.entries(document));
  const createdMs = dateOf(fields.get('created'));
  const expiresMs = dateOf(fields.get('expires'));
  const key = Buffer.from(String(fields.get('key')), 'base64');
  const window = wholeNumber(fields.get('window'), windowRange);
  const slotBits = wholeNumber(fields.get('slotBits'), slotBitRange);
  const lengths = wholeNumbers(fields.get('lengths'), { least: window ?? 1, most: longestValue });
  const slots = wholeNumbers(fields.get('slots'), { least: 0, most: 2 ** (slotBits ?? 0) - 1 });
  const fingerprints = fingerprintsOf(fields.get('fingerprints'));
  if (fields.get('kind') !== kind || fields.get('version') !== version || key.length !== keyBytes) return undefined;
  if (createdMs === undefined || expiresMs === undefined || window === undefined || slotBits === undefined)
    return undefined;
  if (lengths === undefined || slots === undefined || fingerprints === undefined) return undefined;
  return { createdMs, expiresMs, key, window, slotBits, slots, lengths, fingerprints };
}

interface Range {
  readonly least: number;
  readonly most: number;
}

function wholeNumber(value: unknown, { least, most }: Range): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

function wholeNumbers(value: unknown, range: Range): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const numbers = value.flatMap((item) => wholeNumber(item, range) ?? []);
  return numbers.length === value.length ? numbers : undefined;
}

function dateOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function fingerprintsOf(value: unknown): ReadonlyMap<string, string | undefined> | undefined {
  if (!Array.isArray(value)) return undefined;
  const entries = value.flatMap((entry): [string, string | undefined][] => {
    if (!Array.isArray(entry)) return [];
    const [fingerprint, name]: readonly unknown[] = entry;
    const isGood = typeof fingerprint === 'string' && /^[0-9a-f]{32}$/.test(fingerprint);
    return isGood ? [[fingerprint, typeof name === 'string' ? name : undefined]] : [];
  });
  return entries.length === value.length ? new Map(entries) : undefined;
}
