import { expect, test } from 'vitest';
import { parsePath } from '../core/path.js';
import { textPayload } from '../core/payload.js';
import { FakeClock } from '../testing/fake-clock.js';
import { AnswerCache } from './answer-cache.js';
import type { Answer } from './question.js';

const path = parsePath('app/jwt');

function answer(value: string, readAtMs = 0): Answer {
  return { payload: textPayload(value), ref: { path }, version: 1, provider: 'vault', readAtMs, degraded: false };
}

function cache() {
  return new AnswerCache(new FakeClock(), { ttlMs: 1_000, maxStaleMs: 2_000 }, () => 0);
}

test('an answer that was read earlier does not replace one that was read later', () => {
  const kept = cache();
  kept.keep('key', answer('newer', 5), kept.drops);
  kept.keep('key', answer('older', 4), kept.drops);
  expect(kept.fresh('key', 5)?.answer.readAtMs).toBe(5);
});

test('the answer unused for longest goes when there are more than 10,000', () => {
  const kept = cache();
  for (let index = 0; index < 10_000; index += 1) kept.keep(`key ${index}`, answer('v'), kept.drops);
  kept.fresh('key 0', 0);
  kept.keep('one more', answer('v'), kept.drops);
  expect(kept.fresh('key 0', 0)).toBeDefined();
  expect(kept.fresh('key 1', 0)).toBeUndefined();
  expect(kept.fresh('key 2', 0)).toBeDefined();
});

test('dropping a place drops the whole of it and the field, and leaves other fields and paths', () => {
  const kept = cache();
  const other = parsePath('app/other');
  const places = {
    whole: { path },
    field: { path, field: 'a' },
    sibling: { path, field: 'b' },
    other: { path: other },
  };
  for (const [key, ref] of Object.entries(places)) kept.keep(key, { ...answer('v'), ref }, kept.drops);
  kept.forgetPlaces([{ ref: { path, field: 'a' }, name: path }]);
  expect(Object.keys(places).filter((key) => kept.fresh(key, 0) !== undefined)).toEqual(['sibling', 'other']);
  kept.forgetPlaces([{ ref: { path }, name: path }]);
  expect(Object.keys(places).filter((key) => kept.fresh(key, 0) !== undefined)).toEqual(['other']);
});

test('an answer whose reading began before its place was dropped is not kept, one begun later is', () => {
  const kept = cache();
  const before = kept.drops;
  kept.forgetPlaces([{ ref: { path }, name: path }]);
  kept.keep('key', answer('revoked'), before);
  expect(kept.fresh('key', 0)).toBeUndefined();
  const other = { ...answer('other'), ref: { path: parsePath('app/other') } };
  kept.keep('other', other, before);
  expect(kept.fresh('other', 0)?.answer).toBe(other);
  kept.keep('key', answer('granted'), kept.drops);
  expect(kept.fresh('key', 0)).toBeDefined();
});

test('the drop of a place is not forgotten after 10,000 others', () => {
  const kept = cache();
  const before = kept.drops;
  kept.forgetPlaces([{ ref: { path }, name: path }]);
  const others = Array.from({ length: 10_000 }, (_, index) => parsePath(`app/other_${index}`));
  kept.forgetPlaces(others.map((other) => ({ ref: { path: other }, name: other })));
  kept.keep('key', answer('revoked'), before);
  expect(kept.fresh('key', 0)).toBeUndefined();
});
