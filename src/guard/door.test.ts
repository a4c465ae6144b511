import { afterEach, describe, expect, test } from 'vitest';
import { KeywardError } from '../core/errors.js';
import { parsePath } from '../core/path.js';
import { payloadText, textPayload } from '../core/payload.js';
import { OutcomeUnknown } from '../store/barrier/barrier.js';
import type { SecretStore } from '../store/secrets/secret-store.js';
import { systemError } from '../testing/audit-fixture.js';
import { DoorFixture } from '../testing/door-fixture.js';
import { memoryStore } from '../testing/store-under-test.js';
import type { Operation } from './operations/operation.js';
import { readSecret, writeSecret } from './operations/secrets.js';

const path = parsePath('exchange/binance');
const payload = textPayload('hunter2');
const fixtures: DoorFixture[] = [];

async function opened(...parameters: Parameters<typeof DoorFixture.open>): Promise<DoorFixture> {
  const fixture = await DoorFixture.open(...parameters);
  fixtures.push(fixture);
  return fixture;
}

/** A door whose secrets do what the store's do, apart from these. */
const withSecrets = (change: (secrets: SecretStore) => Partial<SecretStore>) => {
  const store = memoryStore();
  return opened(store, () => ({ secrets: { ...store.secrets, ...change(store.secrets) } }));
};

const records = async ({ audit }: DoorFixture) =>
  (await audit.show({ limit: 1000 })).filter((record) => record.actor !== 'keyward');

const summary = async (fixture: DoorFixture) =>
  (await records(fixture)).map(({ kind, operation, outcome }) => [kind, operation, outcome]);

const failure = (promise: Promise<unknown>): Promise<KeywardError> =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error: unknown) => (error instanceof KeywardError ? error : expect.fail(`foreign error: ${String(error)}`)),
  );

afterEach(async () => {
  for (const fixture of fixtures.splice(0)) await fixture.dispose();
});

describe('a refusal', () => {
  test('is recorded with the rule before the error leaves, and nothing is done', async () => {
    const fixture = await opened();
    const caller = fixture.caller('alice', { path: 'secret/data/app/*', capabilities: ['read'] });
    const error = await failure(fixture.client(caller).secrets.write(path, { payload }));
    expect(error).toMatchObject({
      code: 'denied',
      path,
      message: 'alice is not allowed secrets.write on exchange/binance',
    });
    expect(await records(fixture)).toMatchObject([
      {
        kind: 'access',
        actor: 'alice',
        operation: 'secrets.write',
        path,
        outcome: 'denied',
        decision: { allowed: false, rule: 'none' },
      },
    ]);
    expect(await fixture.store.secrets.describe(path)).toBeUndefined();
  });

  test('of one item of a batch leaves the others alone, each recorded at its own path', async () => {
    const fixture = await opened();
    await fixture.client().secrets.write(path, { payload });
    const caller = fixture.caller('alice', { path: 'secret/data/exchange/*', capabilities: ['read'] });
    const answers = await fixture.client(caller).secrets.readMany([{ path }, { path: parsePath('app/key') }]);
    expect(
      answers.map((answer) => (answer instanceof KeywardError ? answer.code : answer && payloadText(answer.payload))),
    ).toEqual(['hunter2', 'denied']);
    expect(
      (await records(fixture))
        .filter(({ actor }) => actor === 'alice')
        .map((one) => `${one.path} ${one.outcome}`)
        .sort(),
    ).toEqual(['app/key denied', `${path} ok`]);
  });

  test('meets every caller whose policies do not exist, and every operation that asks for nothing', async () => {
    const fixture = await opened();
    const stranger = { principal: 'stranger', policies: ['no-such-policy'], source: 'local:1' };
    expect(await failure(fixture.client(stranger).secrets.read({ path }))).toMatchObject({ code: 'denied' });
    const careless: Operation<object, number> = {
      name: 'careless',
      kind: 'read',
      parse: (input) => input,
      targets: () => [],
      recorded: 'written',
      act: async () => 1,
    };
    const owner = { principal: 'owner', policies: ['owner'], source: 'local:1' };
    expect(await failure(fixture.door.perform(owner, careless, {}))).toMatchObject({ code: 'denied' });
  });

  test('that cannot be recorded is an outage, not a refusal', async () => {
    const fixture = await opened();
    fixture.log.disk.failWrite = () => {
      throw systemError('EIO');
    };
    const caller = fixture.caller('alice');
    expect(await failure(fixture.client(caller).secrets.read({ path }))).toMatchObject({ code: 'unavailable' });
  });
});

describe('creating and updating', () => {
  const rules = (capability: 'create' | 'update') => ({ path: 'secret/data/*', capabilities: [capability] }) as const;

  test('are different rights, decided by whether the secret is there', async () => {
    const fixture = await opened();
    const creator = fixture.client(fixture.caller('creator', rules('create')));
    const updater = fixture.client(fixture.caller('updater', rules('update')));
    expect(await failure(updater.secrets.write(path, { payload }))).toMatchObject({ code: 'denied' });
    expect(await creator.secrets.write(path, { payload })).toMatchObject({ number: 1 });
    expect(await failure(creator.secrets.write(path, { payload }))).toMatchObject({ code: 'denied' });
    expect(await failure(creator.secrets.patch(path, { set: { key: 'v' } }))).toMatchObject({ code: 'denied' });
    expect(await updater.secrets.write(path, { payload })).toMatchObject({ number: 2 });
  });

  test('the right to create never overwrites what was made in the meantime', async () => {
    const fixture = await withSecrets((secrets) => ({
      async exists(at) {
        const before = await secrets.exists(at);
        if (!before) await secrets.write(otherChange, at, { payload }, {});
        return before;
      },
    }));
    const creator = fixture.client(fixture.caller('creator', rules('create')));
    expect(await failure(creator.secrets.write(path, { payload: textPayload('mine') }))).toMatchObject({
      code: 'denied',
    });
    expect((await fixture.store.secrets.describe(path))?.versions).toHaveLength(1);
    expect(await summary(fixture)).toEqual([
      ['intent', 'secrets.write', undefined],
      ['outcome', 'secrets.write', 'not_committed'],
      ['access', 'secrets.write', 'denied'],
    ]);
  });

  test('whoever may do both overwrites it, as without the race', async () => {
    const fixture = await withSecrets((secrets) => ({
      async exists(at) {
        const before = await secrets.exists(at);
        if (!before) await secrets.write(otherChange, at, { payload }, {});
        return before;
      },
    }));
    expect(await fixture.client().secrets.write(path, { payload })).toMatchObject({ number: 2 });
  });

  test('fields are patched by those who may patch each of them', async () => {
    const fixture = await opened();
    await fixture.client().secrets.write(path, { payload: textPayload('{"key":"a","secret":"b"}') });
    const rule = { path: 'secret/data/*', capabilities: ['read', 'patch'], fields: ['key'] } as const;
    const client = fixture.client(fixture.caller('alice', rule));
    await client.secrets.patch(path, { set: { key: 'c' } });
    expect(await failure(client.secrets.patch(path, { set: { key: 'd', secret: 'e' } }))).toMatchObject({
      code: 'denied',
    });
    expect(await failure(client.secrets.read({ path }))).toMatchObject({ code: 'denied' });
    const found = await client.secrets.read({ path, field: 'key' });
    expect(found && payloadText(found.payload)).toBe('{"key":"c"}');
  });
});

describe('a read', () => {
  test('is recorded before its answer leaves, with the version that was read', async () => {
    const fixture = await opened();
    await fixture.client().secrets.write(path, { payload });
    await fixture.client().secrets.read({ path, version: { kind: 'stage', stage: 'current' } });
    await fixture.client().secrets.read({ path: parsePath('no/such') });
    expect((await records(fixture)).slice(2)).toMatchObject([
      { outcome: 'ok', details: { asked: 'current', version: 1 } },
      { outcome: 'absent', details: {} },
    ]);
  });

  test('that cannot be recorded answers nothing', async () => {
    const fixture = await opened();
    await fixture.client().secrets.write(path, { payload });
    fixture.log.disk.failWrite = () => {
      throw systemError('EIO');
    };
    const error = await failure(fixture.client().secrets.read({ path }));
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/audit log/) });
  });

  test('that fails is recorded with the code of its failure', async () => {
    const fixture = await withSecrets(() => ({
      read: () => Promise.reject(new KeywardError('integrity', 'damaged')),
    }));
    expect(await failure(fixture.client().secrets.read({ path }))).toMatchObject({ code: 'integrity' });
    expect(await summary(fixture)).toEqual([['access', 'secrets.read', 'integrity']]);
  });

  test('that fails with a foreign error lets nothing of it out', async () => {
    const fixture = await withSecrets(() => ({ read: () => Promise.reject(new Error('hunter2')) }));
    const error = await failure(fixture.client().secrets.read({ path }));
    expect(error.code).toBe('internal');
    expect(error.message).not.toContain('hunter2');
  });
});

describe('a change', () => {
  test('is announced durably before it is made, and its outcome recorded', async () => {
    let syncsBefore = 0;
    const fixture: DoorFixture = await withSecrets((secrets) => ({
      async write(...parameters) {
        syncsBefore = fixture.log.disk.syncs;
        expect((await summary(fixture)).at(-1)).toEqual(['intent', 'secrets.write', undefined]);
        return secrets.write(...parameters);
      },
    }));
    await fixture.client().secrets.write(path, { payload });
    expect(syncsBefore).toBe(1);
    const [intent, outcome] = await records(fixture);
    expect(outcome).toMatchObject({ kind: 'outcome', outcome: 'committed', details: { version: 1 } });
    expect(intent?.operationId).toMatch(/^[0-9a-f]{32}$/);
    expect(outcome?.operationId).toBe(intent?.operationId);
    expect(intent?.details['mac:value']).toMatch(/^[0-9a-f]{64}$/);
  });

  test('that cannot be announced is not made', async () => {
    const fixture = await opened();
    fixture.log.disk.failSync = () => Promise.reject(systemError('EIO'));
    expect(await failure(fixture.client().secrets.write(path, { payload }))).toMatchObject({ code: 'unavailable' });
    expect(await fixture.store.secrets.describe(path)).toBeUndefined();
  });

  test('is refused within two seconds of the clock when the log does not move', async () => {
    const fixture = await opened();
    const letGo = fixture.log.sequencer.hold();
    const refused = failure(fixture.client().secrets.write(path, { payload }));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await fixture.log.clock.advance(2000);
    expect(await refused).toMatchObject({ code: 'unavailable' });
    letGo();
    expect(await fixture.store.secrets.describe(path)).toBeUndefined();
  });

  test('that the store refuses is recorded as not committed', async () => {
    const fixture = await opened();
    expect(await failure(fixture.client().secrets.purge(path))).toMatchObject({ code: 'not_found' });
    expect((await records(fixture)).at(-1)).toMatchObject({
      outcome: 'not_committed',
      details: { error: 'not_found' },
    });
  });

  test('whose outcome cannot be recorded is answered, reported, and the last one', async () => {
    const fixture: DoorFixture = await withSecrets((secrets) => ({
      async write(...parameters) {
        const written = await secrets.write(...parameters);
        fixture.log.disk.failWrite = () => {
          throw systemError('EIO');
        };
        return written;
      },
    }));
    expect(await fixture.client().secrets.write(path, { payload })).toMatchObject({ number: 1 });
    expect(fixture.log.findings.map((finding) => finding.cause)).toEqual([
      expect.stringMatching(/^committed, audit pending/),
    ]);
    expect(fixture.log.sealed).toHaveLength(1);
    fixture.log.disk.failWrite = undefined;
    expect(await failure(fixture.client().secrets.read({ path }))).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/outcome of an earlier change/),
    });
    const next = await fixture.log.open({ process: { pid: 3, startedAt: 'x' }, isRunning: () => false });
    expect(await next.orphans()).toHaveLength(1);
  });

  test('of which the store does not know whether it was made is looked up, and never left to chance', async () => {
    for (const isMade of [true, false]) {
      const fixture = await withSecrets((secrets) => ({
        async write(...parameters) {
          if (isMade) await secrets.write(...parameters);
          throw new OutcomeUnknown(new Error('connection lost'));
        },
      }));
      const error = await failure(fixture.client().secrets.write(path, { payload }));
      expect(error.code).toBe('unavailable');
      expect(error.message).toMatch(isMade ? /was made/ : /did not say/);
      expect((await records(fixture)).at(-1)).toMatchObject({ outcome: isMade ? 'committed' : 'not_committed' });
    }
  });

  test('that cannot be looked up either stays open for the next process', async () => {
    const store = memoryStore();
    const unknown = () => Promise.reject(new OutcomeUnknown(undefined));
    const fixture = await opened(store, () => ({
      secrets: { ...store.secrets, write: unknown },
      operations: { ...store.operations, close: unknown },
    }));
    expect(await failure(fixture.client().secrets.write(path, { payload }))).toMatchObject({ code: 'unavailable' });
    expect(await summary(fixture)).toEqual([['intent', 'secrets.write', undefined]]);
    const next = await fixture.log.open({ isRunning: () => false });
    expect(await next.orphans()).toHaveLength(1);
  });

  test('input is copied before anything waits', async () => {
    const fixture = await opened();
    const bytes = new TextEncoder().encode('first');
    const writing = fixture.client().secrets.write(path, { payload: { kind: 'text', bytes } });
    bytes.fill(0x78);
    await writing;
    const found = await fixture.client().secrets.read({ path });
    expect(found && payloadText(found.payload)).toBe('first');
  });
});

describe('input', () => {
  test('that is not canonical is refused before anything is looked at', async () => {
    const fixture = await opened();
    const owner = { principal: 'owner', policies: ['owner'], source: 'local:1' };
    const asPath = (text: string) => text as typeof path;
    for (const text of ['', '/a', 'a//b', 'a/../b', 'a/+/b', 'a#b', 'ä']) {
      const ref = { path: asPath(text) };
      expect(await failure(fixture.door.perform(owner, readSecret, { ref }))).toMatchObject({ code: 'invalid' });
      expect(await failure(fixture.door.perform(owner, writeSecret, { path: asPath(text), payload }))).toMatchObject({
        code: 'invalid',
      });
    }
    const sly = { kind: 'stage', stage: '5' } as const;
    expect(await failure(fixture.door.perform(owner, readSecret, { ref: { path, version: sly } }))).toMatchObject({
      code: 'invalid',
    });
    expect(await records(fixture)).toEqual([]);
  });
});

describe('values', () => {
  test('put through every operation appear in no record and in no file', async () => {
    const canary = 'CANARY-7f3e91';
    const fixture = await opened();
    const client = fixture.client();
    const bytes = new TextEncoder().encode(canary);
    const token = `${canary}-${'x'.repeat(30)}`;
    await client.secrets.write(path, { payload: textPayload(canary), metadata: { note: canary } }, { token });
    await client.secrets.write(path, { payload: textPayload(`{"key":"${canary}"}`) });
    await client.secrets.patch(path, { set: { key: `${canary}-2` }, remove: ['gone'] });
    await client.secrets.read({ path });
    await client.secrets.read({ path, field: 'key' });
    await client.secrets.readMany([{ path }]);
    await client.secrets.describe(path);
    await client.secrets.list('');
    await client.secrets.setStage(path, 'blessed', 1);
    await client.secrets.rollback(path);
    await client.secrets.delete(path);
    await client.secrets.undelete(path, { versions: [2] });
    await client.secrets.destroy(path, { versions: [1] });
    await client.secrets.setMaxVersions(path, 5);
    await failure(client.secrets.write(path, { payload: textPayload(canary) }, { ifVersion: 99 }));
    await failure(client.secrets.write(path, { payload: textPayload(canary) }, { token: canary }));
    const revision = await client.records.put('rotation/a', bytes, { ifRevision: 0 });
    await client.records.get('rotation/a');
    await client.records.list('');
    await client.records.remove('rotation/a', { ifRevision: revision });
    await client.secrets.purge(path);
    await client.audit.verify({ anchor: bytes });
    await client.audit.checkpoint();
    await client.seal.status();
    await client.seal.verifyStore();
    const denied = fixture.client(fixture.caller('alice'));
    await failure(denied.secrets.write(path, { payload: textPayload(canary), metadata: { note: canary } }));
    await failure(denied.records.put('a', bytes, { ifRevision: 0 }));

    const all = await records(fixture);
    expect(new Set(all.map((record) => record.operation)).size).toBe(20);
    expect(JSON.stringify(all)).not.toContain(canary);
    expect(JSON.stringify(all)).not.toContain(Buffer.from(canary).toString('base64').slice(0, -3));
    const files = fixture.log.everyByte();
    for (const word of [canary, 'exchange', 'binance', 'blessed', 'alice', 'rotation/a'])
      expect(files).not.toContain(word);
  });
});

const otherChange = { operationId: 'c'.repeat(32), actor: 'somebody', requestMac: new Uint8Array(32) };
