import { describe, expect, test } from 'vitest';
import { KeywardError } from '../core/errors.js';
import { textPayload } from '../core/payload.js';
import { chainUnderTest } from '../testing/chain-under-test.js';

const second = 1_000;
const minute = 60 * second;
const ttlMs = 300 * second;
const clients = 1_000;
/** Requests are counted in windows of this length. */
const windowMs = 30 * second;

/** The same numbers at each run, spread over [0, 1). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A thousand programs over one store, each of which reads its secret every ten seconds, or holds a handle on it. */
async function estate(kind: 'get' | 'handle') {
  const chain = chainUnderTest();
  const { clock } = chain;
  const random = numbers(7);
  const seen: number[] = [];
  let isDown = false;
  let failures = 0;
  const scripted = chain.store({ name: 'vault', traits: { managed: true, layout: 'single' } });
  const provider = {
    ...scripted,
    capabilities: new Set<never>(),
    read: async ({ path }: Parameters<typeof scripted.read>[0]) => {
      if (isDown) throw new KeywardError('unavailable', 'down');
      const window = Math.floor(clock.monotonic() / windowMs);
      seen[window] = (seen[window] ?? 0) + 1;
      return { path, payload: textPayload('x'), version: undefined, metadata: {} };
    },
  };
  const reads: (() => Promise<unknown>)[] = [];
  for (let index = 0; index < clients; index += 1) {
    const secrets = chain.secrets({ links: [{ provider }], cache: { ttlMs, maxStaleMs: 60 * minute }, random });
    if (kind === 'handle') await secrets.handle('app/token');
    else reads.push(() => secrets.get('app/token'));
    if (index % 10 === 0) await clock.advance((ttlMs * 10) / clients);
  }
  const failed = () => {
    failures += 1;
  };
  const down = (is: boolean) => {
    isDown = is;
  };
  const pass = async (ms: number) => {
    for (let at = 0; at < ms; at += 10 * second) {
      const answers = Promise.all(reads.map((read) => read().catch(failed)));
      for (let part = 0; part < 10; part += 1) await clock.advance(second);
      await answers;
    }
  };
  const since = (startMs: number) => Array.from(seen.slice(Math.ceil(startMs / windowMs)), (count) => count ?? 0);
  return { clock, pass, since, failures: () => failures, down };
}

describe.each(['get', 'handle'] as const)('a thousand programs that lose their store, with %s', (kind) => {
  test('fail no read, and come back to it within one refresh and at most twice as fast as usual', async () => {
    const { clock, pass, since, failures, down } = await estate(kind);
    await pass(2 * ttlMs);
    const steadyFromMs = clock.monotonic();
    await pass(2 * ttlMs);
    const steady = Math.max(...since(steadyFromMs));
    expect(steady).toBeGreaterThan(0);
    down(true);
    await pass(11 * minute);
    down(false);
    const backMs = clock.monotonic();
    await pass(ttlMs);
    const back = since(backMs);
    expect(failures()).toBe(0);
    expect(back.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(clients);
    expect(Math.max(...back) / steady).toBeLessThanOrEqual(2);
  });
});
