import { appendFileSync, existsSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { MemorySequencer } from '../../store/physical/memory/memory-sequencer.js';
import { AuditFixture, accessEntry, systemError } from '../../testing/audit-fixture.js';

let fixture: AuditFixture;

beforeEach(() => {
  fixture = new AuditFixture();
});

afterEach(() => fixture.dispose());

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof KeywardError ? error.code : 'foreign error'),
  );

const turns = async (count = 20) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const until = async (isDone: () => boolean) => {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
};

const volumePath = (volume = '000001') => `${fixture.folder}/${volume}.log`;

describe('writing', () => {
  test('entries come back opened, in order, with node, sequence and time', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('exchange/binance', { details: { version: 3 } }), 'synced');
    await log.append(accessEntry('exchange/kraken', { outcome: 'denied' }), 'written');
    const records = await log.show({});
    expect(records.map((record) => [record.sequence, record.operation, record.path, record.outcome])).toEqual([
      [1, 'audit.volume', undefined, undefined],
      [2, 'secrets.read', 'exchange/binance', 'ok'],
      [3, 'secrets.read', 'exchange/kraken', 'denied'],
    ]);
    expect(records[1]?.details).toEqual({ version: 3 });
    expect(records[1]?.time.getTime()).toBe(fixture.clock.now());
    expect(new Set(records.map((record) => record.node)).size).toBe(1);
  });

  test('no path, actor, operation or detail is readable in any file', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('exchange/binance', { actor: 'alice', details: { note: 'canary' } }), 'synced');
    await log.close();
    const bytes = fixture.everyByte();
    for (const word of ['exchange', 'binance', 'alice', 'canary', 'secrets.read']) expect(bytes).not.toContain(word);
  });

  test('folder and files are for their owner alone', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'synced');
    await log.checkpoint();
    expect(statSync(fixture.folder).mode & 0o777).toBe(0o700);
    for (const name of ['000001.log', 'node.json', 'checkpoint.json', 'reserve']) {
      expect(statSync(`${fixture.folder}/${name}`).mode & 0o777, name).toBe(0o600);
    }
  });

  test('what waits at the same time is written with one write and one sync', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('first'), 'synced');
    const { writes, syncs } = fixture.disk;
    await Promise.all(Array.from({ length: 200 }, (_, index) => log.append(accessEntry(`p/${index}`), 'synced')));
    expect(fixture.disk.writes - writes).toBe(1);
    expect(fixture.disk.syncs - syncs).toBe(1);
    expect((await log.show({ limit: 200 })).map((record) => record.path)).toEqual(
      Array.from({ length: 200 }, (_, index) => `p/${index}`),
    );
  });

  test('what comes while the turn is awaited is written in it', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('p'), 'written');
    const letGo = fixture.sequencer.hold();
    const first = log.append(accessEntry('p/first'), 'written');
    await turns();
    const others = Array.from({ length: 63 }, (_, index) => log.append(accessEntry(`p/${index}`), 'written'));
    const { writes } = fixture.disk;
    letGo();
    await Promise.all([first, ...others]);
    expect(fixture.disk.writes - writes).toBe(1);
    expect(fixture.lines()).toHaveLength(66);
  });

  test('a written entry is synced within 100 ms of the clock', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'written');
    expect(fixture.disk.syncs).toBe(0);
    await fixture.clock.advance(100);
    await until(() => fixture.disk.syncs === 1);
  });

  test('an entry with anything that is not on the list of auditable fields is refused', async () => {
    const log = await fixture.open();
    const entry = { ...accessEntry('a'), value: 'hunter2' };
    expect(await code(log.append(entry, 'synced'))).toBe('internal');
    expect(await log.show({})).toEqual([]);
  });

  test('short writes are continued', async () => {
    const log = await fixture.open();
    fixture.disk.maxWrite = 7;
    await log.append(accessEntry('a'), 'synced');
    expect((await log.verify()).entries).toBe(2);
  });

  test('show answers the newest that match a path or lie below it', async () => {
    const log = await fixture.open({ volumeBytes: 3000 });
    for (let index = 0; index < 30; index += 1) {
      await log.append(accessEntry(index % 2 === 0 ? `a/b/${index}` : `a/bc/${index}`), 'written');
    }
    const records = await log.show({ path: 'a/b', limit: 3 });
    expect(records.map((record) => record.path)).toEqual(['a/b/24', 'a/b/26', 'a/b/28']);
    expect((await log.show({ path: 'a', limit: 1000 })).length).toBe(30);
  });
});

describe('several writers', () => {
  test('two logs over one folder make one unbroken chain', async () => {
    const [one, two] = [await fixture.open(), await fixture.open({ process: { pid: 2, startedAt: 'x' } })];
    await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        (index % 2 === 0 ? one : two).append(accessEntry(`p/${index}`), index % 3 === 0 ? 'synced' : 'written'),
      ),
    );
    await one.checkpoint();
    expect(await two.verify()).toMatchObject({ status: 'ok', entries: 301 });
    const paths = (await two.show({ limit: 1000 })).map((record) => record.path);
    expect(new Set(paths.slice(1)).size).toBe(300);
  });

  test('volumes end at their size and the next one continues the chain for every writer', async () => {
    const open = () => fixture.open({ volumeBytes: 2000 });
    const [one, two] = [await open(), await open()];
    for (let index = 0; index < 20; index += 1) {
      await (index % 2 === 0 ? one : two).append(accessEntry(`p/${index}`), 'written');
    }
    await two.checkpoint();
    expect(existsSync(volumePath('000003'))).toBe(true);
    expect(await one.verify()).toMatchObject({ status: 'ok', firstProblem: undefined });
    expect((await one.show({ limit: 1000 })).filter((record) => record.kind === 'access').length).toBe(20);
  });

  test('a lost state of the sequencer is rebuilt from the files, open intents of earlier volumes included', async () => {
    const log = await fixture.open({ volumeBytes: 2000, process: { pid: 7, startedAt: 'gone' } });
    await log.openIntent(accessEntry('early', { kind: 'intent' }), { operationId: 'e'.repeat(32), shard: 9 });
    for (let index = 0; index < 20; index += 1) await log.append(accessEntry(`p/${index}`), 'written');
    await log.openIntent(accessEntry('late', { kind: 'intent' }), { operationId: 'f'.repeat(32), shard: 4 });
    expect(existsSync(volumePath('000003'))).toBe(true);
    const other = await fixture.open({ sequencer: new MemorySequencer() });
    expect(await other.orphans()).toEqual([
      { operationId: 'e'.repeat(32), shard: 9, ageMs: 0 },
      { operationId: 'f'.repeat(32), shard: 4, ageMs: 0 },
    ]);
    await other.append(accessEntry('after'), 'synced');
    await other.checkpoint();
    expect((await other.verify()).status).toBe('ok');
    expect(fixture.findings).toEqual([]);
  });
});

describe('after a crash', () => {
  test('whole lines that do not continue the chain are refused, never cut', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'synced');
    await log.close();
    const [first] = fixture.lines();
    appendFileSync(volumePath(), `${first}\n`);
    const size = statSync(volumePath()).size;
    expect(await code(fixture.open())).toBe('integrity');
    expect(statSync(volumePath()).size).toBe(size);
  });

  test('damage that whole lines follow is refused, never cut', async () => {
    const log = await fixture.open();
    for (let index = 0; index < 5; index += 1) await log.append(accessEntry(`p/${index}`), 'synced');
    await log.close();
    const bytes = fixture.file('000001.log');
    bytes[Math.floor(bytes.length / 2)] = 0;
    writeFileSync(volumePath(), bytes);
    expect(await code(fixture.open({ sequencer: new MemorySequencer() }))).toBe('integrity');
    expect(statSync(volumePath()).size).toBe(bytes.length);
  });

  test('a log that became shorter than recorded is reported and the report is in the log', async () => {
    const log = await fixture.open();
    for (let index = 0; index < 3; index += 1) await log.append(accessEntry(`p/${index}`), 'synced');
    await log.close();
    const [first, second] = fixture.lines();
    truncateSync(volumePath(), `${first}\n${second}\n`.length);
    const next = await fixture.open();
    expect(fixture.findings.map((finding) => finding.severity)).toEqual(['error']);
    expect((await next.show({})).at(-1)).toMatchObject({ operation: 'audit.cut', details: { lastKnown: 5 } });
    expect((await next.verify()).status).toBe('broken');
  });

  test('a log that lost lines which no checkpoint had signed is reported, and is no broken one', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('signed'), 'synced');
    await log.checkpoint();
    const { size } = statSync(volumePath());
    await log.append(accessEntry('lost'), 'synced');
    truncateSync(volumePath(), size);
    const next = await fixture.open();
    expect((await next.show({})).at(-1)).toMatchObject({ operation: 'audit.lost', details: { lastKnown: 4 } });
    expect(fixture.findings.map((finding) => finding.severity)).toEqual(['error']);
    expect((await next.verify()).status).toBe('unsigned');
  });

  test('a log that was taken away is begun anew, reported', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'synced');
    await log.close();
    renameSync(fixture.folder, `${fixture.folder}-away`);
    const next = await fixture.open();
    expect(fixture.findings).toHaveLength(1);
    expect((await next.show({})).map((record) => record.operation)).toEqual(['audit.volume', 'audit.lost']);
  });
});

describe('intents', () => {
  const intent = { operationId: 'a'.repeat(32), shard: 17 };
  const announce = accessEntry('exchange/binance', { kind: 'intent', operation: 'secrets.write' });
  const outcome = accessEntry('exchange/binance', { kind: 'outcome', outcome: 'committed' });

  test('only those of processes that are gone are orphans', async () => {
    const gone = await fixture.open({ process: { pid: 2, startedAt: 'x' } });
    const alive = await fixture.open();
    await gone.openIntent(announce, intent);
    await alive.openIntent(announce, { operationId: 'b'.repeat(32), shard: 1 });
    await fixture.clock.advance(90_000);
    expect(await alive.orphans()).toEqual([{ ...intent, ageMs: 90_000 }]);
  });

  test('an intent is closed once, whoever closes it again', async () => {
    const [one, two] = [await fixture.open(), await fixture.open()];
    await one.openIntent(announce, intent);
    await Promise.all([
      one.closeIntent(outcome, intent.operationId, 'written'),
      two.closeIntent(outcome, intent.operationId, 'written'),
    ]);
    await two.closeIntent({ ...outcome, outcome: 'not_committed' }, intent.operationId, 'written');
    const outcomes = (await one.show({})).filter((record) => record.kind === 'outcome');
    expect(outcomes.map((record) => [record.operationId, record.outcome])).toEqual([[intent.operationId, 'committed']]);
  });
});

describe('when the log cannot be written', () => {
  test('a peer that holds the turn makes every append fail within two seconds, and none is written later', async () => {
    const log = await fixture.open();
    const letGo = fixture.sequencer.hold();
    const refused = [code(log.append(accessEntry('a'), 'synced')), code(log.append(accessEntry('b'), 'written'))];
    await turns();
    await fixture.clock.advance(2000);
    expect(await Promise.all(refused)).toEqual(['unavailable', 'unavailable']);
    letGo();
    await log.append(accessEntry('c'), 'synced');
    expect((await log.show({})).map((record) => record.path)).toEqual([undefined, 'c']);
    expect(fixture.sealed).toEqual([]);
  });

  test('a sync that never ends makes every append fail within two seconds', async () => {
    const log = await fixture.open();
    fixture.disk.failSync = () => new Promise(() => {});
    const first = code(log.append(accessEntry('a'), 'synced'));
    await turns();
    const second = code(log.append(accessEntry('b'), 'synced'));
    await fixture.clock.advance(2000);
    expect(await Promise.all([first, second])).toEqual(['unavailable', 'unavailable']);
    const closed = code(log.close());
    await turns();
    await fixture.clock.advance(2000);
    await turns();
    await fixture.clock.advance(2000);
    expect(await closed).toBe('unavailable');
  });

  test('a failed sync seals the log for good', async () => {
    const log = await fixture.open();
    fixture.disk.failSync = () => Promise.reject(systemError('EIO'));
    expect(await code(log.append(accessEntry('a'), 'synced'))).toBe('unavailable');
    fixture.disk.failSync = undefined;
    expect(await code(log.append(accessEntry('b'), 'written'))).toBe('unavailable');
    expect(fixture.sealed.map((reason) => reason.code)).toEqual(['unavailable']);
    expect(fixture.sealed[0]?.message).toMatch(/a sync failed/);
  });

  test('a failed sync of entries that were only written seals the log too', async () => {
    const log = await fixture.open();
    fixture.disk.failSync = () => Promise.reject(systemError('EIO'));
    await log.append(accessEntry('a'), 'written');
    await fixture.clock.advance(100);
    await until(() => fixture.sealed.length > 0);
    expect(await code(log.append(accessEntry('b'), 'written'))).toBe('unavailable');
  });

  test('a failed write refuses, leaves nothing behind, and does not stop later ones', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'synced');
    let calls = 0;
    fixture.disk.maxWrite = 100;
    fixture.disk.failWrite = () => {
      calls += 1;
      if (calls > 1) throw systemError('EIO');
    };
    expect(await code(log.append(accessEntry('b'), 'synced'))).toBe('unavailable');
    fixture.disk.failWrite = undefined;
    await log.append(accessEntry('c'), 'synced');
    expect((await log.show({})).map((record) => record.path)).toEqual([undefined, 'a', 'c']);
    expect(fixture.sealed).toEqual([]);
  });

  test('a full disk is said in the log once, with the room that was set aside, and appends work again later', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'synced');
    const reserve = `${fixture.folder}/reserve`;
    expect(statSync(reserve).size).toBe(64 * 1024);
    fixture.disk.failWrite = (bytes) => {
      if (existsSync(reserve) || bytes.length === 64 * 1024) throw systemError('ENOSPC');
    };
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const error: unknown = await log.append(accessEntry('b'), 'synced').catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/disk is full/) });
    }
    fixture.disk.failWrite = undefined;
    await log.append(accessEntry('c'), 'synced');
    expect((await log.show({})).map((record) => record.path ?? record.operation)).toEqual([
      'audit.volume',
      'a',
      'audit.full',
      'c',
    ]);
    expect(existsSync(reserve)).toBe(true);
  });

  test.each([
    ['removed', () => rmSync(volumePath())],
    [
      'replaced by a copy',
      () => {
        renameSync(volumePath(), `${fixture.folder}/old`);
        writeFileSync(volumePath(), fixture.file('old'));
      },
    ],
    ['cut', () => truncateSync(volumePath(), 10)],
    ['moved away with its folder', () => renameSync(fixture.folder, `${fixture.folder}-away`)],
  ])('a file that was %s is noticed within a second and refuses everything from then on', async (_, harm) => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'synced');
    harm();
    await fixture.clock.advance(1000);
    expect(await code(log.append(accessEntry('b'), 'written'))).toBe('unavailable');
    expect(await code(log.append(accessEntry('c'), 'synced'))).toBe('unavailable');
    expect(fixture.sealed).toHaveLength(1);
  });

  test('after close everything is refused', async () => {
    const log = await fixture.open();
    await log.close();
    await log.close();
    expect(await code(log.append(accessEntry('a'), 'synced'))).toBe('unavailable');
  });
});

describe('checkpoints', () => {
  test('come every thousand entries', async () => {
    const log = await fixture.open();
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(Array.from({ length: 500 }, (_, index) => log.append(accessEntry(`p/${index}`), 'written')));
    }
    expect(await log.verify()).toMatchObject({ status: 'unsigned', checkpoints: 2, entries: 2501 });
  });

  test('come after sixty seconds when anything is unsigned, and not otherwise', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'synced');
    await fixture.clock.advance(60_000);
    await until(() => existsSync(`${fixture.folder}/checkpoint.json`));
    expect(await log.verify()).toMatchObject({ status: 'ok', checkpoints: 1 });
    await fixture.clock.advance(180_000);
    await turns();
    expect((await log.verify()).checkpoints).toBe(1);
  });

  test('come at close, and leave a copy beside the log', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'written');
    await log.close();
    const lines = fixture.lines();
    expect(new TextDecoder().decode(fixture.file('checkpoint.json'))).toBe(lines.at(-1));
    expect(await (await fixture.open()).verify()).toMatchObject({ status: 'ok', checkpoints: 1 });
  });

  test('on demand are signed statements that serve as anchors', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'synced');
    const anchor = await log.checkpoint();
    await log.append(accessEntry('b'), 'synced');
    expect(await log.verify({ anchor, publicKey: log.publicKey })).toMatchObject({
      status: 'unsigned',
      unsignedEntries: 1,
    });
  });

  test('a key that is replaced announces its successor, whichever process signs next', async () => {
    const [one, two] = [await fixture.open(), await fixture.open()];
    await one.append(accessEntry('a'), 'synced');
    await one.checkpoint();
    const former = one.publicKey;
    const next = await two.replaceKey();
    await one.append(accessEntry('b'), 'synced');
    await one.checkpoint();
    expect(await one.verify({ publicKey: former })).toMatchObject({ status: 'ok', keys: [former, next] });
    expect(await one.verify({ publicKey: next })).toMatchObject({ status: 'ok' });
    expect(next).not.toBe(former);
  });

  test('a replacement that was interrupted before it was announced is announced by the next checkpoint', async () => {
    const log = await fixture.open();
    await log.append(accessEntry('a'), 'synced');
    await log.checkpoint();
    fixture.disk.failWrite = () => {
      throw systemError('EIO');
    };
    expect(await code(log.replaceKey())).toBe('unavailable');
    fixture.disk.failWrite = undefined;
    await log.checkpoint();
    await log.checkpoint();
    const verification = await log.verify();
    expect(verification).toMatchObject({ status: 'ok' });
    expect(verification.keys).toHaveLength(2);
  });
});

describe('any interleaving', () => {
  test('of writers, volumes, checkpoints and restarts verifies and shows every acknowledged entry once', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), who: fc.nat(1), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ do: fc.constantFrom('checkpoint' as const, 'restart' as const, 'forget' as const), who: fc.nat(1) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        fc.integer({ min: 500, max: 5000 }),
        async (steps, volumeBytes) => {
          const own = new AuditFixture();
          let sequencer = own.sequencer;
          const open = () => own.open({ volumeBytes, sequencer });
          const logs = [await open(), await open()];
          let expected = 0;
          for (const { who, ...action } of steps) {
            const log = logs[who];
            if (log === undefined) throw new Error('no such log');
            if (action.do === 'append') {
              const entries = Array.from({ length: action.count }, (_, index) => accessEntry(`p/${expected + index}`));
              await Promise.all(
                entries.map((entry, index) => log.append(entry, index % 2 === 0 ? 'synced' : 'written')),
              );
              expected += action.count;
            }
            if (action.do === 'checkpoint') await log.checkpoint();
            if (action.do === 'restart') {
              await log.close();
              logs[who] = await open();
            }
            if (action.do === 'forget') {
              for (const each of logs) await each.close();
              sequencer = new MemorySequencer();
              logs.splice(0, 2, await open(), await open());
            }
          }
          const shown = (await logs[0]?.show({ path: 'p', limit: 1000 }))?.map((record) => record.path);
          expect(shown).toEqual(Array.from({ length: expected }, (_, index) => `p/${index}`));
          await logs[0]?.checkpoint();
          expect((await logs[1]?.verify())?.status).toBe('ok');
          await own.dispose();
        },
      ),
      { numRuns: 40 },
    );
  });
});
