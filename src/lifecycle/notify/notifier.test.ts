import { beforeEach, describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { Notification } from '../../core/notification.js';
import { parsePath } from '../../core/path.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createMemoryRecords } from '../../testing/memory-records.js';
import { createNotifier, type NotifierParts } from './notifier.js';

const dayMs = 24 * 3_600_000;
const repeatMs = 7 * dayMs;
const due: Notification = {
  kind: 'rotation-due',
  path: parsePath('a/b'),
  project: 'bot',
  environment: 'production',
  atMs: 0,
  text: 'a/b is due',
  key: 'due 1',
};

let clock: FakeClock;
let records: ReturnType<typeof createMemoryRecords>;
let told: string[];
let findings: Finding[];
let fails: Set<string>;

beforeEach(() => {
  clock = new FakeClock();
  records = createMemoryRecords();
  told = [];
  findings = [];
  fails = new Set();
});

const channel = (name: string) => ({
  async send({ text }: Notification) {
    if (fails.has(name)) throw new KeywardError('unavailable', `${name} could not be reached`);
    told.push(`${name}: ${text}`);
  },
});
const notifier = (change: Partial<NotifierParts> = {}) =>
  createNotifier({
    channels: new Map(['slack', 'smtp'].map((name) => [name, channel(name)])),
    kinds: new Set(['rotation-due', 'rotation-done', 'incident']),
    repeatMs,
    records,
    clock,
    onFinding: (finding) => findings.push(finding),
    ...change,
  });

describe('people', () => {
  test('are told once of a state by every channel, in whichever process, and again when it goes on', async () => {
    await notifier().notify(due);
    await notifier().notify(due);
    await clock.advance(repeatMs - 1);
    await notifier().notify(due);
    expect(told).toEqual(['slack: a/b is due', 'smtp: a/b is due']);
    await clock.advance(1);
    await notifier().notify(due);
    expect(told).toHaveLength(4);
    expect(findings).toEqual([]);
  });

  test('are told of the next state at once', async () => {
    await notifier().notify(due);
    await notifier().notify({ ...due, key: 'due 2', text: 'a/b is overdue' });
    expect(told).toContain('slack: a/b is overdue');
  });

  test('are told of what happened once only', async () => {
    for (const kind of ['rotation-done', 'incident'] as const) {
      await notifier().notify({ ...due, kind, text: kind });
      await clock.advance(5 * repeatMs);
      await notifier().notify({ ...due, kind, text: kind });
      expect(told.filter((text) => text === `slack: ${kind}`)).toHaveLength(1);
    }
  });

  test('are told of two incidents without a path, of each once', async () => {
    const incident = { ...due, kind: 'incident', path: undefined } as const;
    for (const key of ['one', 'two', 'one', 'two']) await notifier().notify({ ...incident, key, text: key });
    expect(told.filter((text) => text.startsWith('slack'))).toEqual(['slack: one', 'slack: two']);
  });

  test('are told of the same secret of another environment or project', async () => {
    await notifier().notify(due);
    await notifier().notify({ ...due, environment: 'staging' });
    await notifier().notify({ ...due, project: undefined });
    expect(told).toHaveLength(6);
  });

  test('are not told of what they did not ask for', async () => {
    await notifier().notify({ ...due, kind: 'rotation-failed' });
    expect(told).toEqual([]);
    expect(await records.list('')).toEqual([]);
  });

  test('are told by one of two processes at a time', async () => {
    await Promise.all([notifier().notify(due), notifier().notify(due)]);
    expect(told.sort()).toEqual(['slack: a/b is due', 'smtp: a/b is due']);
    expect(findings).toEqual([]);
  });
});

describe('a channel that does not deliver', () => {
  test('is named, and keeps no other one from it', async () => {
    fails.add('slack');
    await notifier().notify(due);
    expect(told).toEqual(['smtp: a/b is due']);
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'warning',
        where: 'notifications.slack',
        cause: 'slack could not be reached',
      }),
    ]);
  });

  test('is tried again when it is handed in again, after a pause that grows to an hour', async () => {
    fails.add('slack');
    const tries: number[] = [];
    const startMs = clock.now();
    for (let minute = 0; minute <= 300; minute += 1) {
      findings.length = 0;
      await notifier().notify(due);
      if (findings.length > 0) tries.push((clock.now() - startMs) / 60_000);
      await clock.advance(60_000);
    }
    expect(tries).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
    fails.clear();
    await clock.advance(3_600_000);
    await notifier().notify(due);
    expect(told).toEqual(['smtp: a/b is due', 'slack: a/b is due']);
  });

  test('that ended in the middle is tried again after the pause, and not forgotten', async () => {
    const begun = new Promise<void>((resolve) => {
      const send = () => new Promise<void>(() => resolve());
      void notifier({ channels: new Map([['slack', { send }]]) }).notify(due);
    });
    await begun;
    await clock.advance(59_999);
    await notifier({ channels: new Map([['slack', channel('slack')]]) }).notify(due);
    expect(told).toEqual([]);
    await clock.advance(1);
    await notifier({ channels: new Map([['slack', channel('slack')]]) }).notify(due);
    expect(told).toEqual(['slack: a/b is due']);
  });

  test('fails nothing, whatever it or the records throw', async () => {
    const broken = { ...records, get: () => Promise.reject(new KeywardError('sealed', 'the store is sealed')) };
    await notifier({ records: broken }).notify(due);
    const throwing = { send: () => Promise.reject(new Error('canary')) };
    await notifier({ channels: new Map([['slack', throwing]]) }).notify(due);
    expect(findings).toHaveLength(3);
    expect(JSON.stringify(findings)).not.toContain('canary');
  });
});

test('a clock that was years ahead silences nobody', async () => {
  await clock.advance(400 * dayMs);
  await notifier().notify(due);
  const now = new FakeClock();
  await notifier({ clock: now }).notify(due);
  expect(told).toHaveLength(4);
});
