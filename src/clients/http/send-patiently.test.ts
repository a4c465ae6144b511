import { expect, test } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import type { HttpResponse } from './http-client.js';
import { sendPatiently } from './send-patiently.js';

const answer = (status: number, headers: Readonly<Record<string, string>> = {}): HttpResponse => ({
  status,
  headers: new Map(Object.entries(headers)),
  body: new Uint8Array(),
});

/** A server that gives these answers one after the other, and the last one for ever. */
async function scripted(answers: readonly HttpResponse[], { signal }: { readonly signal?: AbortSignal } = {}) {
  const clock = new FakeClock();
  const askedAt: number[] = [];
  const start = clock.monotonic();
  const response = sendPatiently(
    async () => {
      askedAt.push(clock.monotonic() - start);
      return answers[Math.min(askedAt.length, answers.length) - 1] ?? answer(200);
    },
    { store: 'vault', statuses: [412, 429], maxRetries: 3, clock, signal },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return { askedAt, response, clock };
}

test('a server that has not caught up yet is asked again, with growing pauses, until it has', async () => {
  const { askedAt, response, clock } = await scripted([answer(412), answer(412), answer(200)]);
  await clock.advance(100);
  await clock.advance(200);
  expect((await response).status).toBe(200);
  expect(askedAt).toEqual([0, 100, 300]);
});

test('after as many repetitions as are allowed its answer stands', async () => {
  const { askedAt, response, clock } = await scripted([answer(412)]);
  for (const pause of [100, 200, 400]) await clock.advance(pause);
  expect((await response).status).toBe(412);
  expect(askedAt).toEqual([0, 100, 300, 700]);
});

test('the pause that the server names is kept, and one that is too long is not begun', async () => {
  const short = await scripted([answer(429, { 'retry-after': '2' }), answer(200)]);
  await short.clock.advance(2_000);
  expect((await short.response).status).toBe(200);
  expect(short.askedAt).toEqual([0, 2_000]);

  const long = await scripted([answer(429, { 'retry-after': '3' })]);
  expect((await long.response).status).toBe(429);
  expect(long.askedAt).toEqual([0]);
});

test('no other answer is asked for twice', async () => {
  const { askedAt, response } = await scripted([answer(503)]);
  expect((await response).status).toBe(503);
  expect(askedAt).toEqual([0]);
});

test('a caller who gives up between two attempts ends the wait', async () => {
  const controller = new AbortController();
  const { askedAt, response } = await scripted([answer(412)], { signal: controller.signal });
  const refused = expect(response).rejects.toThrow('gave up');
  controller.abort();
  await refused;
  expect(askedAt).toEqual([0]);
});
