import { beforeEach, describe, expect, test } from 'vitest';
import { KeywardError } from '../../../../core/errors.js';
import { parsePath } from '../../../../core/path.js';
import { fieldsOf as fieldsIn } from '../../../../core/payload.js';
import { Secret } from '../../../../core/secret.js';
import { FakeClock } from '../../../../testing/fake-clock.js';
import { createMemoryProvider } from '../../../../testing/memory-provider.js';
import { createMemoryRecords } from '../../../../testing/memory-records.js';
import { Mortal } from '../../../../testing/simulated-target.js';
import { withGivenValue } from '../../given-value.js';
import { currentHolder, newJournal, readJournal } from '../../journal.js';
import type { RotationIntent } from '../../rotating.js';
import { rotate, standingOf } from '../../rotation.js';
import { RotationLog } from '../../rotation-log.js';
import { createGuidedRotator, type GuidedOptions } from './guided.js';
import type { KeyFacts } from './key-rules.js';

const path = parsePath('exchange/okx');
const hourMs = 3_600_000;

/** A secret, the exchange that it is of, and the people who rotate it. */
class Desk {
  readonly clock = new FakeClock();
  readonly records = createMemoryRecords();
  readonly provider = createMemoryProvider({
    secrets: { [path]: { apiKey: 'old', secret: 'old-secret', passphrase: 'phrase', testnet: 'false' } },
    clock: this.clock,
  });
  journal = 'rotation/1';
  /** What each key may do, while the exchange accepts it. */
  readonly keys = new Map<string, KeyFacts>([['old', {}]]);
  isStaged = true;
  options: Partial<GuidedOptions> = {};

  parts(mortal?: Mortal) {
    const holder = mortal === undefined ? currentHolder() : { ...currentHolder(), pid: 2 ** 30 };
    const records = mortal?.wrap(this.records) ?? this.records;
    return { records, provider: this.provider, clock: this.clock, owner: 'this', by: 'anna', holder };
  }

  async run(intent: RotationIntent, key?: string, mortal?: Mortal) {
    return rotate(this.parts(mortal), this.rotating(key, mortal), intent);
  }

  rotating(key?: string, mortal?: Mortal) {
    const rotator = this.rotator(key);
    const graceMs = rotator.graceMs ?? 0;
    return {
      path,
      name: this.journal,
      logName: 'rotation-log/1',
      rotator: mortal?.wrap(rotator) ?? rotator,
      graceMs,
      spreadMs: 0,
    };
  }

  rotator(key?: string) {
    const entered = { api_key: key ?? '', api_secret: `${key}-secret`, passphrase: 'phrase' };
    const examine = async (fields: ReadonlyMap<string, string>) => {
      const facts = this.keys.get(fields.get('apiKey') ?? '');
      expect(fields.get('testnet')).toBe('false');
      if (facts !== undefined) return facts;
      throw new KeywardError('unauthenticated', 'the exchange does not accept the key');
    };
    return createGuidedRotator(
      {
        exchange: 'okx',
        trade: false,
        addresses: undefined,
        label: undefined,
        stage: 'staging',
        openTest: async () => ({ examine }),
        ...this.options,
      },
      {
        path,
        field: 'value',
        folder: '/',
        env: {},
        clock: this.clock,
        fields: undefined,
        environment: 'production',
        log: this.log(),
        entered:
          key === undefined
            ? undefined
            : new Map(Object.entries(entered).map(([name, text]) => [name, Secret.fromText(text)])),
        isStaged: async () => this.isStaged,
        fieldsOf: async () => this.fields(),
      },
    );
  }

  log(): RotationLog {
    return new RotationLog(this.parts(), 'rotation-log/1');
  }

  async fields() {
    const found = await this.provider.read({ path });
    const fields = found === undefined ? [] : [...fieldsIn(found.payload)];
    return Object.fromEntries(fields.map(([name, field]) => [name, Secret.of(field)]));
  }

  async current(): Promise<string | undefined> {
    return (await this.fields())['apiKey']?.expose();
  }

  /** The task of now, which the person then does. */
  async does(name: string): Promise<void> {
    expect(await this.task()).toBe(name);
    await this.log().note(name);
  }

  async task(): Promise<string | undefined> {
    const journal = (await readJournal(this.records, this.journal)) ?? newJournal(path);
    return (await this.rotator().task?.(standingOf('overlap', journal)))?.name;
  }
}

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});

describe('a key that people rotate', () => {
  test('waits for them at each step, and for a day and the difference of clocks', async () => {
    desk.isStaged = false;
    expect((await desk.run('due', 'new')).state).toBe('idle');
    await desk.does('stage');
    await desk.does('create');
    expect(await desk.task()).toBe('enter');
    desk.keys.set('new', {});
    expect((await desk.run('due', 'new')).state).toBe('promoted');
    await desk.clock.advance(48 * hourMs);
    expect((await desk.run('due')).state).toBe('promoted');
    await desk.does('verify');
    await desk.does('revoke');
    desk.keys.delete('old');
    expect((await desk.run('due')).state).toBe('retired');
    expect(await desk.task()).toBe('stage');
  });

  test('is not made current again by what was confirmed in a rotation before', async () => {
    desk.options = { openTest: async () => undefined };
    for (const key of ['one', 'two']) {
      await desk.does('create');
      expect((await desk.run('due', key)).state).toBe('set');
      await desk.does('attest');
      expect((await desk.run('due')).state).toBe('promoted');
      await desk.does('verify');
      expect(await desk.task()).toBeUndefined();
      await desk.clock.advance(24 * hourMs + 60_000);
      await desk.does('revoke');
      expect((await desk.run('due')).state).toBe('retired');
    }
    expect(await desk.current()).toBe('two');
  });

  test('is attested anew where its rotation begins again, as in another store', async () => {
    desk.options = { openTest: async () => undefined };
    await desk.does('create');
    await desk.run('due', 'new');
    await desk.does('attest');
    desk.journal = 'rotation/2';
    await desk.provider.write(path, { metadata: {}, ifMetadata: { rotated_by: 'this/1' } });
    await desk.does('create');
    expect((await desk.run('due', 'newer')).state).toBe('set');
    expect([await desk.task(), await desk.current()]).toEqual(['attest', 'old']);
  });

  test.each([
    [['rollout'], 'revoke'],
    [['skip', 'rollout'], 'verify'],
  ])('that was brought to consumers by %j needs %s next', async (steps, next) => {
    await desk.does('create');
    desk.keys.set('new', {});
    await desk.run('due', 'new');
    for (const step of steps) await desk.log().note(step);
    await desk.clock.advance(25 * hourMs);
    expect(await desk.task()).toBe(next);
  });

  test('takes no value of a program in the place of theirs', () => {
    expect(() => withGivenValue(desk.rotator(), path, Secret.fromText('new'))).toThrow('rotated by people');
  });

  test('is entered under the names that the secret has, and what is beside it stays', async () => {
    await desk.does('create');
    desk.keys.set('new', {});
    await desk.run('due', 'new');
    expect(Object.keys(await desk.fields()).sort()).toEqual(['apiKey', 'passphrase', 'secret', 'testnet']);
  });

  test('has to be another one', async () => {
    await desk.does('create');
    await expect(desk.run('due', 'old')).rejects.toThrow('what it is now');
    expect(await desk.current()).toBe('old');
  });

  test.each<[KeyFacts, Partial<GuidedOptions>, string]>([
    [{ move: true }, { trade: true }, 'may withdraw or transfer'],
    [{ trade: true }, {}, 'may trade'],
    [{ trade: false }, { trade: true }, 'may not trade'],
    [{ addresses: 'any' }, { addresses: ['203.0.113.10'] }, 'other addresses'],
    [{ addresses: ['203.0.113.10', '203.0.113.99'] }, { addresses: ['203.0.113.10'] }, 'other addresses'],
    [{ label: 'other' }, { label: 'bot' }, 'another label'],
  ])('that is %j with %j is never current', async (facts, options, problem) => {
    desk.options = options;
    await desk.does('create');
    desk.keys.set('new', facts);
    await expect(desk.run('due', 'new')).rejects.toThrow(problem);
    expect([await desk.current(), await desk.task()]).toEqual(['old', 'create']);
  });

  test.each<[KeyFacts, Partial<GuidedOptions>]>([
    [{}, { addresses: ['203.0.113.10'], label: 'bot' }],
    [{ addresses: 'some' }, { addresses: ['203.0.113.10'] }],
    [
      { addresses: ['203.0.113.10'], label: 'bot' },
      { addresses: ['203.0.113.10', '203.0.113.11'], label: 'bot' },
    ],
    [{ trade: true, move: false }, { trade: true }],
  ])('that is %j with %j is taken', async (facts, options) => {
    desk.options = options;
    await desk.does('create');
    desk.keys.set('new', facts);
    expect((await desk.run('due', 'new')).state).toBe('promoted');
  });

  test('converges when the process ends at any of its calls, and the former one works until it is taken back', async () => {
    for (let at = 1, isOver = true; isOver; at += 1) {
      for (const isAfter of [false, true]) {
        desk = new Desk();
        await desk.does('create');
        desk.keys.set('new', {});
        const mortal = new Mortal(at, isAfter, () => undefined);
        await desk.run('due', 'new', mortal).catch(() => undefined);
        isOver = mortal.isOver;
        for (let turn = 0; turn < 3 && (await desk.current()) !== 'new'; turn += 1) {
          if ((await desk.task()) === 'create') await desk.does('create');
          await desk.run('due', 'new').catch((error: unknown) => expect(error).toMatchObject({ code: 'conflict' }));
        }
        expect([at, await desk.current(), desk.keys.has('old')]).toEqual([at, 'new', true]);
        await desk.run('due');
        await desk.does('verify');
        await desk.clock.advance(25 * hourMs);
        await desk.does('revoke');
        desk.keys.delete('old');
        expect((await desk.run('due')).state).toBe('retired');
        expect(await desk.records.list('rotation/1/')).toEqual([]);
      }
    }
  });
});

describe('the key that is in force', () => {
  test('is asked about with what belongs to it, and nothing of that is noted', async () => {
    expect(await desk.rotator().probe?.(new Map(Object.entries(await desk.fields())))).toBe(true);
    expect(await desk.log().all()).toEqual([]);
  });

  test('is found when it may do more than is needed, and when it is refused', async () => {
    const probe = async () => desk.rotator().probe?.(new Map(Object.entries(await desk.fields())));
    desk.keys.set('old', { move: true });
    await expect(probe()).rejects.toMatchObject({ code: 'denied' });
    desk.keys.delete('old');
    await expect(probe()).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test('is not tested where nobody can be asked', async () => {
    desk.options = { openTest: async () => undefined };
    expect(await desk.rotator().probe?.(new Map())).toBe(false);
  });
});
