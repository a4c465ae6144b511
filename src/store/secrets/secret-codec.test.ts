import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isKeywardError } from '../../core/errors.js';
import { parsePath } from '../../core/path.js';
import { toHex } from '../../crypto/encoding.js';
import { decodeSecret, encodeSecret } from './secret-codec.js';
import type { SecretState, StoredVersion } from './secret-state.js';

const path = parsePath('exchange/binance');

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const time = fc.integer({ min: 0, max: 2 ** 48 });

const version: fc.Arbitrary<StoredVersion> = fc
  .record({
    number: fc.integer({ min: 1, max: 2 ** 40 }),
    id: bytes(16).map(toHex),
    createdAt: time,
    state: fc.constantFrom('live', 'deleted', 'destroyed'),
    kind: fc.constantFrom('text', 'binary'),
    size: fc.integer({ min: 0, max: 512 * 1024 }),
    sealed: fc.record({ objectId: bytes(16), mac: bytes(32), wrappedKey: fc.uint8Array({ maxLength: 90 }) }),
    token: fc.option(fc.stringMatching(/^[!-~]{32,64}$/), { nil: undefined }),
  })
  .map((draft) => ({ ...draft, sealed: draft.state === 'destroyed' ? undefined : draft.sealed, stages: [] }));

const state: fc.Arbitrary<SecretState> = fc
  .record({
    createdAt: time,
    updatedAt: time,
    metadata: fc.dictionary(fc.stringMatching(/^[a-z_]{1,9}$/), fc.string({ unit: 'grapheme', maxLength: 40 })),
    maxVersions: fc.integer({ min: 1, max: 50 }),
    versions: fc.uniqueArray(version, { minLength: 1, maxLength: 8, selector: ({ number }) => number }),
    stages: fc.uniqueArray(fc.tuple(fc.stringMatching(/^[A-Za-z][a-z.-]{0,9}$/), fc.nat()), {
      maxLength: 5,
      selector: ([name]) => name,
    }),
  })
  .map(({ stages, metadata, versions, ...rest }) => {
    const placed = [['current', 0] as const, ...stages.filter(([name]) => name !== 'current')];
    const ordered = versions
      .sort((a, b) => a.number - b.number)
      .map((one, index) => ({
        ...one,
        stages: placed.flatMap(([name, at]) => (at % versions.length === index ? [name] : [])).sort(),
      }));
    const entries = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
    return { path, ...rest, metadata: new Map(entries), versions: ordered, nextNumber: 2 ** 41 };
  });

function decoded(row: Uint8Array): SecretState | undefined {
  try {
    return decodeSecret(path, row);
  } catch (error) {
    if (isKeywardError(error, 'integrity')) return undefined;
    throw error;
  }
}

describe('the row of a secret', () => {
  test('decodes to what was encoded', () => {
    fc.assert(
      fc.property(state, (before) => {
        expect(decodeSecret(path, encodeSecret(before))).toEqual(before);
      }),
    );
  });

  test('has one form: whatever is changed in it, it is refused or means exactly what it says', () => {
    fc.assert(
      fc.property(state, fc.nat(), fc.integer({ min: 1, max: 255 }), (before, at, flip) => {
        const row = encodeSecret(before);
        const index = at % row.length;
        row[index] = (row[index] ?? 0) ^ flip;
        const after = decoded(row);
        if (after !== undefined) expect(toHex(encodeSecret(after))).toBe(toHex(row));
      }),
      { numRuns: 1000 },
    );
  });

  test('is refused when it is cut short or followed by anything', () => {
    fc.assert(
      fc.property(state, fc.nat(), (before, at) => {
        const row = encodeSecret(before);
        expect(decoded(row.slice(0, at % row.length))).toBeUndefined();
        expect(decoded(Uint8Array.of(...row, 0))).toBeUndefined();
      }),
    );
  });

  test('is refused for another path', () => {
    fc.assert(
      fc.property(state, (before) => {
        const row = encodeSecret({ ...before, path: parsePath('exchange/kraken') });
        expect(decoded(row)).toBeUndefined();
      }),
    );
  });

  test('is refused when its parts contradict each other', () => {
    const [sample] = fc.sample(state, 1);
    const one = sample?.versions[0];
    if (sample === undefined || one === undefined) throw new Error('no sample');
    const first = { ...one, number: 1, stages: ['current'] };
    const sound = { ...sample, nextNumber: 3, versions: [first, { ...first, number: 2, stages: ['previous'] }] };
    expect(decoded(encodeSecret(sound))).toEqual(sound);
    const contradictions: readonly Partial<SecretState>[] = [
      { nextNumber: 2 },
      { maxVersions: 0 },
      { maxVersions: 51 },
      { versions: [...sound.versions].reverse() },
      { versions: [first, { ...first, number: 2 }] },
      { versions: [{ ...first, stages: [] }] },
      { versions: [{ ...first, stages: ['previous', 'current'] }] },
      { versions: [{ ...first, size: 512 * 1024 + 1 }] },
      { versions: [{ ...first, token: 'short' }] },
      {
        versions: Array.from({ length: 51 }, (_, i) => ({
          ...first,
          number: i + 1,
          stages: i === 0 ? ['current'] : [],
        })),
        nextNumber: 99,
      },
      { versions: [] },
      { metadata: new Map(Object.entries({ b: '', a: '' })) },
      { metadata: new Map([['', 'x']]) },
    ];
    for (const change of contradictions) expect(decoded(encodeSecret({ ...sound, ...change }))).toBeUndefined();
  });
});
