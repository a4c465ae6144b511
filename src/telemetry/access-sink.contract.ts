import assert from 'node:assert/strict';
import type { AccessEntry } from '../core/access-entry.js';
import { type ContractCases, type Deviation, runContract, type TestRunner } from '../core/contract.js';
import { isKeywardError } from '../core/errors.js';
import { parsePath } from '../core/path.js';
import type { AccessSink } from './access-sink.js';

/** A sink, and what arrived at its other end. */
export interface SinkSubject {
  readonly sink: AccessSink;
  /** The entries that arrived, in order, as JSON values. */
  readonly arrived: () => Promise<readonly unknown[]>;
  /** Makes the other end refuse for now, or take entries again. */
  readonly setDown: (isDown: boolean) => void;
}

/** Every sink of the access log passes these. */
export function accessSinkContract(
  runner: TestRunner,
  driver: string,
  make: () => Promise<{ readonly subject: SinkSubject; readonly dispose?: () => Promise<void> }>,
  deviations: readonly Deviation[] = [],
): void {
  runContract(runner, `access sink: ${driver}`, cases, make, deviations);
}

const about = {
  time: '2030-01-01T00:00:00.000Z',
  principal: 'trading-bot',
  process: 7,
  environment: 'production',
} as const;

const entries: readonly AccessEntry[] = [
  {
    event: 'access',
    ...about,
    level: 'info',
    path: parsePath('exchange/binance/api_key'),
    provider: 'vault',
    outcome: 'found',
    cached: false,
    degraded: false,
    durationMs: 1.5,
    count: 1,
  },
  { event: 'api_call', ...about, level: 'warn', service: 'binance', endpoint: '/é"\\/', success: false, error: '{}' },
  {
    event: 'key_use',
    ...about,
    level: 'info',
    path: parsePath('service/api_keys/alice'),
    provider: 'vault',
    version: 3,
    answer: 'accepted',
    count: 12,
  },
  { event: 'key_use', ...about, level: 'warn', path: parsePath('service/api_keys'), answer: 'unknown', count: 2 },
  { event: 'lost', ...about, level: 'warn', count: 3 },
];

const numbered = (count: number) => ({ event: 'lost', ...about, level: 'warn', count }) as const;

const cases: ContractCases<SinkSubject> = {
  'entries of every kind arrive whole, in order': async ({ sink, arrived }) => {
    await sink.write(entries);
    await sink.write([numbered(1), numbered(2)]);
    assert.deepEqual(await arrived(), [...entries, numbered(1), numbered(2)]);
  },

  'many entries arrive together': async ({ sink, arrived }) => {
    const many = Array.from({ length: 500 }, (_, count) => numbered(count));
    await sink.write(many);
    assert.deepEqual(await arrived(), many);
  },

  'an end that is down is said with a code that means "later", and works again when it is back': async (subject) => {
    const { sink, arrived, setDown } = subject;
    await sink.write([numbered(1)]);
    setDown(true);
    const error = await sink.write([numbered(2)]).then(
      () => assert.fail('the sink took an entry'),
      (thrown: unknown) => thrown,
    );
    assert.ok(isKeywardError(error, 'unavailable', 'throttled', 'timeout'), String(error));
    setDown(false);
    await sink.write([numbered(2)]);
    assert.deepEqual(await arrived(), [numbered(1), numbered(2)]);
  },

  'it has a name for messages, and closes twice': async ({ sink }) => {
    assert.notEqual(sink.name, '');
    await sink.close();
    await sink.close();
  },
};
