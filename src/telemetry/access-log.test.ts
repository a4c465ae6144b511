import { describe, expect, test } from 'vitest';
import type { AccessEntry } from '../core/access-entry.js';
import { KeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import type { AccessRecord } from '../core/observer.js';
import { parsePath } from '../core/path.js';
import { Secret } from '../core/secret.js';
import { FakeClock } from '../testing/fake-clock.js';
import { AccessLog, type AccessLogOptions, countMs, gatherMs } from './access-log.js';
import type { AccessSink } from './access-sink.js';
import { maxWaiting } from './sink-queue.js';

interface TestSink extends AccessSink {
  readonly arrived: AccessEntry[];
  /** What the next writes end with. */
  failure: KeywardError | undefined;
  isClosed: boolean;
}

function testSink(): TestSink {
  return {
    name: 'the sink',
    arrived: [],
    failure: undefined,
    isClosed: false,
    async write(entries) {
      if (this.failure !== undefined) throw this.failure;
      this.arrived.push(...entries);
    },
    async close() {
      this.isClosed = true;
    },
  };
}

function logOf(options: Partial<AccessLogOptions> = {}) {
  const clock = new FakeClock();
  const sink = testSink();
  const findings: Finding[] = [];
  const about = { principal: 'bot', process: 7, project: 'trading', environment: 'production' };
  const onFinding = (finding: Finding) => void findings.push(finding);
  const log = new AccessLog({ sinks: [sink], level: 'info', about, known: () => [], clock, onFinding, ...options });
  return { clock, sink, findings, log };
}

const read: AccessRecord = {
  path: parsePath('a/b'),
  provider: 'vault',
  outcome: 'found',
  cached: false,
  degraded: false,
  durationMs: 1.23456,
};
const outage = new KeywardError('unavailable', 'down');

describe('the access log', () => {
  test('hands over what it gathered after 100 ms, with time, level and who', async () => {
    const { clock, sink, log } = logOf();
    log.access(read);
    await clock.advance(gatherMs - 1);
    expect(sink.arrived).toEqual([]);
    await clock.advance(1);
    expect(sink.arrived).toEqual([
      {
        ...read,
        event: 'access',
        time: '2030-01-01T00:00:00.000Z',
        level: 'info',
        principal: 'bot',
        process: 7,
        project: 'trading',
        environment: 'production',
        durationMs: 1.235,
        count: 1,
      },
    ]);
  });

  test('what is answered from memory again and again is one entry each 100 ms, with its number', async () => {
    const { clock, sink, log } = logOf();
    const cached = { ...read, cached: true, durationMs: 0 };
    for (let time = 0; time < 1_000; time += 1) log.access(cached);
    log.access({ ...cached, path: parsePath('a/c') });
    log.access({ ...cached, degraded: true });
    await clock.advance(gatherMs);
    log.access(cached);
    await clock.advance(gatherMs);
    expect(sink.arrived).toMatchObject([
      { path: 'a/b', degraded: false, count: 1_000 },
      { path: 'a/c', count: 1 },
      { path: 'a/b', degraded: true, count: 1 },
      { path: 'a/b', degraded: false, count: 1 },
    ]);
  });

  test.each([
    ['info', ['found', 'absent', 'unavailable', 'denied']],
    ['warn', ['unavailable', 'denied']],
    ['error', ['denied']],
  ] as const)('the level %s keeps %j', async (level, kept) => {
    const { sink, log } = logOf({ level });
    for (const outcome of ['found', 'absent', 'unavailable', 'denied'] as const) log.access({ ...read, outcome });
    await log.close();
    expect(sink.arrived.map((entry) => entry.event === 'access' && entry.outcome)).toEqual(kept);
  });

  test('an entry of a sink that is down waits for it, and its failure is said once', async () => {
    const { clock, sink, findings, log } = logOf();
    sink.failure = outage;
    for (let round = 0; round < 50; round += 1) {
      log.access(read);
      await clock.advance(gatherMs);
    }
    expect(findings).toHaveLength(1);
    sink.failure = undefined;
    await clock.advance(30_000);
    expect(sink.arrived).toHaveLength(50);
  });

  test('tells reads of different versions apart, also those from memory', async () => {
    const { sink, log } = logOf();
    for (const version of [2, 2, 3]) log.access({ ...read, cached: true, version });
    await log.flush();
    expect(sink.arrived).toMatchObject([
      { version: 2, count: 2 },
      { version: 3, count: 1 },
    ]);
  });

  test('what finds no room is counted, and the log says how many', async () => {
    const { clock, sink, log } = logOf();
    sink.failure = outage;
    for (let time = 0; time < maxWaiting + 25; time += 1) log.access(read);
    await clock.advance(gatherMs);
    sink.failure = undefined;
    await clock.advance(30_000);
    expect(sink.arrived).toHaveLength(maxWaiting + 1);
    expect(sink.arrived[0]).toMatchObject({ event: 'lost', level: 'warn', count: 25 });
  });

  test('what a sink will never take is not offered again, and counted', async () => {
    const { clock, sink, log } = logOf();
    sink.failure = new KeywardError('config', 'no');
    log.access(read);
    await clock.advance(gatherMs);
    sink.failure = undefined;
    log.access({ ...read, outcome: 'absent' });
    await clock.advance(30_000);
    expect(sink.arrived).toMatchObject([{ event: 'lost', count: 1 }, { outcome: 'absent' }]);
  });

  test('closing hands over everything, says what is lost, and closes the sink', async () => {
    const { sink, findings, log } = logOf();
    log.access(read);
    await log.close();
    expect(sink).toMatchObject({ arrived: [{ event: 'access' }], isClosed: true });
    const other = logOf();
    other.sink.failure = outage;
    other.log.access(read);
    await other.log.close();
    expect(findings).toEqual([]);
    expect(other.findings.map(({ cause }) => cause)).toContain('1 entries of the access log were lost');
  });

  test('closing waits five seconds for a sink that hangs, and no longer', async () => {
    const hangs: AccessSink = { name: 'hangs', write: () => new Promise(() => {}), close: async () => {} };
    const { clock, findings, log } = logOf({ sinks: [hangs] });
    log.access(read);
    let isClosed = false;
    const closing = log.close().then(() => {
      isClosed = true;
    });
    await clock.advance(4_999);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    await closing;
    expect(findings).toHaveLength(1);
  });

  test('a slow sink does not keep another one waiting', async () => {
    const hangs: AccessSink = { name: 'hangs', write: () => new Promise(() => {}), close: async () => {} };
    const quick = testSink();
    const { clock, log } = logOf({ sinks: [hangs, quick] });
    for (let round = 0; round < 3; round += 1) {
      log.access(read);
      await clock.advance(gatherMs);
    }
    expect(quick.arrived).toHaveLength(3);
  });

  test('at exit, what was gathered in this very turn is handed over', () => {
    const { sink, log } = logOf();
    log.access(read);
    void log.flush();
    log.access({ ...read, outcome: 'absent' });
    log.flushAtExit();
    expect(sink.arrived).toMatchObject([{ outcome: 'found' }, { outcome: 'absent' }]);
  });
});

describe('keys that clients present', () => {
  const path = parsePath('keys/alice');
  const use = { path, provider: 'vault', version: 2, answer: 'accepted' } as const;

  test('are counted by key, version and answer, and the counts are written after 10 s', async () => {
    const { clock, sink, log } = logOf();
    for (let time = 0; time < 1_000; time += 1) log.keyUse(use);
    log.keyUse({ ...use, version: 1 });
    log.keyUse({ ...use, answer: 'throttled' });
    log.access(read);
    await clock.advance(countMs - 1);
    expect(sink.arrived).toMatchObject([{ event: 'access' }]);
    await clock.advance(1);
    expect(sink.arrived.slice(1)).toMatchObject([
      { event: 'key_use', time: '2030-01-01T00:00:00.000Z', level: 'info', ...use, count: 1_000 },
      { version: 1, count: 1 },
      { level: 'warn', answer: 'throttled', count: 1 },
    ]);
    log.keyUse(use);
    await clock.advance(countMs);
    expect(sink.arrived.at(-1)).toMatchObject({ time: '2030-01-01T00:00:10.000Z', count: 1 });
  });

  test('of more kinds than are counted at a time are written before', async () => {
    const { clock, sink, log } = logOf();
    for (let version = 0; version <= 10_000; version += 1) log.keyUse({ ...use, version });
    await clock.advance(0);
    expect(sink.arrived).not.toEqual([]);
    await log.close();
    expect(sink.arrived).toHaveLength(10_001);
  });

  test('are written when the log is closed, and when the process exits', async () => {
    const closed = logOf();
    closed.log.keyUse(use);
    await closed.log.close();
    const exited = logOf();
    exited.log.keyUse(use);
    exited.log.flushAtExit();
    expect([closed.sink.arrived, exited.sink.arrived]).toMatchObject([[use], [use]]);
  });

  test('are kept from their level on', async () => {
    const { sink, log } = logOf({ level: 'warn' });
    log.keyUse(use);
    log.keyUse({ ...use, answer: 'unknown' });
    await log.close();
    expect(sink.arrived).toMatchObject([{ answer: 'unknown' }]);
  });
});

describe('a reported call of a service', () => {
  const known = () => [Secret.fromText('s3cr3t-canary-value')];

  test('is an entry without the query of its endpoint', async () => {
    const { sink, log } = logOf();
    log.apiCall({ service: 'binance', endpoint: '/api/v3/order?signature=abcdef', success: true });
    await log.close();
    expect(sink.arrived).toMatchObject([
      { event: 'api_call', level: 'info', service: 'binance', endpoint: '/api/v3/order', success: true },
    ]);
  });

  test.each([
    new Error('bad key s3cr3t-canary-value'),
    'url=%73s3cr3t-canary-value',
    { toString: () => JSON.stringify({ password: 'unknown', note: 's3cr3t-canary-value' }) },
    `${'x'.repeat(490)}s3cr3t-canary-value`,
    Buffer.from('s3cr3t-canary-value').toString('base64'),
  ])('has no known value in its error: %s', async (error) => {
    const { sink, log } = logOf({ known });
    log.apiCall({ service: 'telegram', endpoint: '/bots3cr3t-canary-value/send', success: false, error });
    await log.close();
    const line = JSON.stringify(sink.arrived);
    expect(line).toContain('"level":"warn"');
    expect(line).not.toContain('s3cr3t');
    expect(line).not.toContain(Buffer.from('s3cr3t-canary').toString('base64').slice(0, 12));
  });

  test('has an error of at most 500 characters, in one line, whatever it was', async () => {
    const { sink, log } = logOf();
    const bad = {
      toString() {
        throw new Error('no');
      },
    };
    for (const error of ['a\nb\u001b[2J\u202ec', 'y'.repeat(5_000), 'z'.repeat(100_000), bad, null]) {
      log.apiCall({ service: 's', endpoint: '/', success: false, error });
    }
    await log.close();
    const errors = sink.arrived.map((entry) => (entry.event === 'api_call' ? entry.error : undefined));
    expect(errors).toEqual([
      'a b [2J c',
      `${'y'.repeat(500)}…`,
      'an error text of 100000 characters',
      'an error that has no text',
      'null',
    ]);
  });

  test.each([
    { service: 'bin ance', endpoint: '/' },
    { service: '', endpoint: '/' },
    { service: 's', endpoint: '/\n{"v":1}' },
    { service: 's', endpoint: '?key=canary' },
    { service: 's', endpoint: `/canary${'x'.repeat(300)}` },
  ])('is refused when it is %j, and nothing of it is quoted', (call) => {
    const { log } = logOf();
    let error: unknown;
    try {
      log.apiCall({ ...call, success: true });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'invalid' });
    expect(String(error)).not.toContain('canary');
  });
});
