import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePath } from './path.js';
import { formatRef, parseRef, type Ref, type VersionSelector } from './ref.js';

const path = fc
  .array(
    fc.stringMatching(/^[A-Za-z0-9_.+=@-]{1,8}$/).filter((text) => !['.', '..', '+'].includes(text)),
    { minLength: 1, maxLength: 4 },
  )
  .map((segments) => parsePath(segments.join('/')));
const field = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !/\p{Cc}/u.test(text));
const version: fc.Arbitrary<VersionSelector> = fc.oneof(
  fc.integer({ min: 1, max: 1e9 }).map((number) => ({ kind: 'number' as const, number })),
  fc.stringMatching(/^[0-9a-f]{32}$/).map((id) => ({ kind: 'id' as const, id })),
  fc.uuid().map((id) => ({ kind: 'id' as const, id })),
  fc
    .constantFrom('current', 'previous', 'pending', 'AWSCURRENT', 'blue-2')
    .map((stage) => ({ kind: 'stage' as const, stage })),
);

describe('ref', () => {
  test('every ref has one spelling, which reads back as the same ref', () => {
    fc.assert(
      fc.property(
        fc.record({
          path,
          field: fc.option(field, { nil: undefined }),
          version: fc.option(version, { nil: undefined }),
        }),
        (ref: Ref) => {
          expect(parseRef(formatRef(ref))).toEqual(ref);
        },
      ),
    );
  });

  test('whatever parses is spelled the way it was written', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-c/@#%40253.+]{1,14}$/), (text) => {
        let ref: Ref;
        try {
          ref = parseRef(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid' });
          return;
        }
        expect(formatRef(ref)).toBe(text);
      }),
      { numRuns: 5000 },
    );
  });

  test('path, field and version are told apart', () => {
    expect(parseRef('a/b#c@3')).toEqual({ path: 'a/b', field: 'c', version: { kind: 'number', number: 3 } });
    expect(parseRef('mail/bob%40example.com@previous').path).toBe('mail/bob@example.com');
  });

  test.each(['a@', 'a@0', 'a@01', 'a@1x', 'a#', 'a##b', 'a#b#c', 'a#b%41', 'a@x@y', '#a', '@1', 'a@cur rent'])(
    '%j is refused',
    (text) => {
      expect(() => parseRef(text)).toThrowError(expect.objectContaining({ code: 'invalid' }));
    },
  );
});
