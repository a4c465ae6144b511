import { expect, test } from 'vitest';
import type { ObjectMeta } from '../../clients/kubernetes/api-object.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { type WatchOptions, watchSecrets } from './secret-watch.js';

type Stream = Parameters<WatchOptions['api']['watch']>;

const meta = (resourceVersion: string): ObjectMeta => ({
  name: 'kw-app',
  resourceVersion,
  annotations: new Map(),
  createdAt: new Date(0),
  changedAt: new Date(0),
  isBeingDeleted: false,
});

/** An API server whose every watch is what the test says. */
function scripted(streams: readonly ((...stream: Stream) => void)[]) {
  const clock = new FakeClock();
  const asked: string[] = [];
  let hints = 0;
  const stop = watchSecrets({
    name: undefined,
    clock,
    onChange: () => {
      hints += 1;
    },
    api: {
      version: async () => {
        asked.push('list');
        return '100';
      },
      watch: async (...stream) => {
        const answer = streams[asked.filter((call) => call !== 'list').length];
        asked.push(stream[0]);
        answer?.(...stream);
        if (answer === undefined) await new Promise(() => {});
      },
    },
  });
  const advance = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) await clock.advance(1_000);
  };
  return { asked, stop, hints: () => hints, advance };
}

test('a bookmark says where to go on, and is no change', async () => {
  const { asked, hints, advance, stop } = scripted([
    (_version, _name, onEvent) => onEvent('BOOKMARK', meta('200')),
    (_version, _name, onEvent) => onEvent('MODIFIED', meta('201')),
  ]);
  await advance(10_000);
  expect(asked).toEqual(['list', '100', '200', '201']);
  expect(hints()).toBe(2);
  stop();
});

test('a state that is forgotten is looked up again, as something may have changed', async () => {
  const { asked, hints, advance, stop } = scripted([(_version, _name, onEvent) => onEvent('ERROR', undefined)]);
  await advance(10_000);
  expect(asked).toEqual(['list', '100', 'list', '100']);
  expect(hints()).toBe(2);
  stop();
});

test('a server that fails is asked ever more rarely, and never again once it is stopped', async () => {
  const fail = () => {
    throw new Error('refused');
  };
  const { asked, advance, stop } = scripted(Array.from({ length: 100 }, () => fail));
  await advance(600_000);
  expect(asked.length).toBeLessThan(30);
  await advance(1_200_000);
  expect(asked.length).toBeGreaterThan(10);
  stop();
  const before = asked.length;
  await advance(1_200_000);
  expect(asked).toHaveLength(before);
});
