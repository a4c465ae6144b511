import { describe, expect, test } from 'vitest';
import { parsePath } from '../../core/path.js';
import { binaryPayload, maxPayloadBytes, textPayload } from '../../core/payload.js';
import { parseVersion } from '../../core/ref.js';
import { toBase64, toHex } from '../../crypto/encoding.js';
import { randomBytes } from '../../crypto/random.js';
import {
  newChange,
  readText,
  type SealedStoreUnderTest,
  sealedStore,
  storeOver,
  writeText,
} from '../../testing/store-under-test.js';
import { type Commit, commitLimits } from '../physical/physical-store.js';
import { operationRetentionMs } from './operation-journal.js';

const path = parsePath('exchange/binance');

describe('two stores over the same rows', () => {
  test('number all their versions one after the other and lose none', async () => {
    const first = await sealedStore();
    const second = await first.openAnother();
    await writeText(first, path, 'start');
    await first.secrets.setMaxVersions(newChange(), path, 50);
    const writes = Array.from({ length: 40 }, (_, i) => writeText(i % 2 === 0 ? first : second, path, `${i}`));
    const made = (await Promise.all(writes)).map(({ number }) => number).sort((a, b) => a - b);
    expect(made).toEqual(Array.from({ length: 40 }, (_, i) => i + 2));
    const texts = made.map((number) => readText(second, path, { version: { kind: 'number', number } }));
    expect(new Set(await Promise.all(texts)).size).toBe(40);
  });

  test('let one writer win a check-and-set', async () => {
    const first = await sealedStore();
    const second = await first.openAnother();
    for (let version = 0; version < 10; version += 1) {
      const tries = [first, second, first, second].map((store, i) =>
        writeText(store, path, `${version}-${i}`, { ifVersion: version }),
      );
      const outcomes = await Promise.allSettled(tries);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))).toEqual(
        Array(3).fill('conflict'),
      );
    }
  });

  test('make one version for one token, however often it is sent', async () => {
    const first = await sealedStore();
    const second = await first.openAnother();
    const token = 't'.repeat(40);
    const tries = Array.from({ length: 10 }, (_, i) => writeText(i % 2 === 0 ? first : second, path, 'x', { token }));
    expect(new Set((await Promise.all(tries)).map(({ id }) => id)).size).toBe(1);
    expect((await first.secrets.describe(path))?.versions).toHaveLength(1);
  });

  test('keep directories right while names below them come and go', async () => {
    const first = await sealedStore();
    const second = await first.openAnother();
    const names = Array.from({ length: 12 }, (_, i) => parsePath(`d/${i % 4}/${i}`));
    const turns = names.map(async (name, i) => {
      const [store, other] = i % 2 === 0 ? [first, second] : [second, first];
      await writeText(store, name, 'x');
      if (i % 3 > 0) await other.secrets.purge(newChange(), name);
    });
    await Promise.all(turns);
    const list = async (directory: string) =>
      (await first.secrets.list(parsePath(directory), {})).entries.map(({ name }) => name).sort();
    expect(await list('d')).toEqual(['0', '1', '2', '3']);
    expect(await Promise.all(['d/0', 'd/1', 'd/2', 'd/3'].map(list))).toEqual([['0'], ['9'], ['6'], ['3']]);
    await first.barrier.verifyAll();
  });

  test('a reader sees whole versions only while others write, delete and purge', async () => {
    const first = await sealedStore();
    const second = await first.openAnother();
    let isDone = false;
    const writing = (async () => {
      for (let i = 0; i < 30; i += 1) {
        await writeText(first, path, `{"n":${i},"again":${i}}`);
        if (i % 5 === 3) await first.secrets.setMaxVersions(newChange(), path, 1 + (i % 2));
        if (i % 10 === 9) await first.secrets.purge(newChange(), path);
      }
      isDone = true;
    })();
    while (!isDone) {
      const text = await readText(second, path);
      if (text !== undefined) expect(text).toMatch(/^\{"n":(\d+),"again":\1\}$/);
    }
    await writing;
  });
});

describe('a commit of which the answer is lost', () => {
  test('says so; its operation row tells later that it was made', async () => {
    const store = await sealedStore();
    store.kit.physical.onCommit = async (_commit, proceed) => {
      await proceed();
      return { kind: 'unknown', cause: new Error('connection lost') };
    };
    const change = newChange();
    const attempt = store.secrets.write(change, path, { payload: textPayload('x') }, {});
    await expect(attempt).rejects.toMatchObject({ code: 'unavailable' });
    store.kit.physical.onCommit = undefined;
    expect(await store.operations.close(change.operationId, store.operations.shardOf(path))).toBe('committed');
    expect(await readText(store, path)).toBe('x');
  });

  test('or that it was not, and then it no longer can be', async () => {
    const store = await sealedStore();
    store.kit.physical.onCommit = async () => ({ kind: 'unknown', cause: new Error('connection lost') });
    const change = newChange();
    const write = () => store.secrets.write(change, path, { payload: textPayload('x') }, {});
    await expect(write()).rejects.toMatchObject({ code: 'unavailable' });
    store.kit.physical.onCommit = undefined;
    expect(await store.operations.close(change.operationId, store.operations.shardOf(path))).toBe('aborted');
    await expect(write()).rejects.toMatchObject({ code: 'conflict' });
    expect(await readText(store, path)).toBeUndefined();
  });
});

describe('the limits of a commit', () => {
  function recordCommits(store: SealedStoreUnderTest): Commit[] {
    const commits: Commit[] = [];
    store.kit.physical.onCommit = (commit, proceed) => {
      commits.push(commit);
      return proceed();
    };
    return commits;
  }

  const bytesOf = (commit: Commit) =>
    [...commit.require, ...commit.put].reduce((sum, { key }) => sum + key.length, 0) +
    commit.put.reduce((sum, { value }) => sum + value.length, 0);

  test('hold for the largest write: 512 KiB beside 50 versions with tokens, all stages and all metadata', async () => {
    const store = await sealedStore();
    const largest = parsePath(Array.from({ length: 16 }, (_, i) => `${i}`.padEnd(31, 'x')).join('/'));
    const metadata = Object.fromEntries(
      Array.from({ length: 64 }, (_, i) => [`${i}`.padEnd(128, '文'), '文'.repeat(341)]),
    );
    const token = () => toHex(randomBytes(32));
    await store.secrets.write(newChange(), largest, { payload: textPayload('x'), metadata }, { token: token() });
    await store.secrets.setMaxVersions(newChange(), largest, 50);
    for (let i = 1; i < 50; i += 1) await writeText(store, largest, 'x', { token: token() });
    for (let i = 0; i < 20; i += 1) {
      await store.secrets.setStage(newChange(), largest, `s${i}`.padEnd(64, 's'), i + 1, {});
    }
    const commits = recordCommits(store);
    const payload = binaryPayload(new Uint8Array(maxPayloadBytes));
    await store.secrets.write(newChange(), largest, { payload }, { token: token() });
    expect(commits.map(bytesOf)).toHaveLength(1);
    expect(Math.max(...commits.map(bytesOf))).toBeLessThan(commitLimits.bytes * 0.75);
    expect((await store.secrets.read({ path: largest }))?.payload).toEqual(payload);
  });

  test('hold for a purge of 50 versions, 16 segments deep, while a block of old operations goes', async () => {
    const store = await sealedStore();
    const deep = parsePath(Array.from({ length: 16 }, (_, i) => `level${i}`).join('/'));
    await writeText(store, deep, 'x');
    await store.secrets.setMaxVersions(newChange(), deep, 50);
    for (let i = 1; i < 50; i += 1) await writeText(store, deep, 'x');
    await store.clock.advance(operationRetentionMs + 1);
    const commits = recordCommits(store);
    await store.secrets.purge(newChange(), deep);
    expect(commits).toHaveLength(1);
    expect(commits[0]?.remove.length).toBeGreaterThanOrEqual(1 + 50 + 16 + 9);
    expect(commits[0]?.require.length).toBeLessThanOrEqual(commitLimits.rows);
    expect((await store.secrets.list('', {})).entries).toEqual([]);
  });
});

describe('what lies in the physical store', () => {
  test('shows no name, value, note, token or actor, before and after deleting and destroying', async () => {
    const store = await sealedStore();
    const canaries = ['canary-segment', 'canary-leaf', 'canary-value', 'canary-note', 'canary-text', 'canary-stage'];
    canaries.push('canary-token-canary-token-canary-token', 'canary-actor', 'canary-record', 'canary-bytes');
    const [segment, leaf, value, note, text, stage = '', token, actor = '', record = '', bytes = ''] = canaries;
    const secret = parsePath(`${segment}/${leaf}`);
    const change = () => ({ ...newChange(), actor });
    const seen = () =>
      store.kit.rows().flatMap((row) => {
        const raw = Buffer.concat([row.key, row.value]).toString('latin1');
        return canaries.flatMap((canary) => {
          const utf8 = new TextEncoder().encode(canary);
          return [canary, toHex(utf8), toBase64(utf8).slice(0, -4)].filter((form) => raw.includes(form));
        });
      });
    const payload = textPayload(`${value}`);
    const metadata = { [`${note}`]: `${text}` };
    await store.secrets.write(change(), secret, { payload, metadata }, { token });
    await store.secrets.patch(change(), parsePath(`${segment}`), { set: { [`${leaf}`]: `${value}` } }, {});
    await store.secrets.setStage(change(), secret, stage, 1, {});
    await store.records.put(change(), record, new TextEncoder().encode(bytes), { ifRevision: 0 });
    expect(seen()).toEqual([]);
    await writeText(store, secret, `${value}`);
    await store.secrets.delete(change(), secret, { versions: [1] });
    expect(seen()).toEqual([]);
    await store.secrets.destroy(change(), secret, { versions: [1, 2] });
    expect(seen()).toEqual([]);
  });

  test('holds nothing of a destroyed payload: its row is gone, and so is the wrapped key', async () => {
    const store = await sealedStore();
    const before = store.kit.rows().length;
    await writeText(store, path, 'x');
    await writeText(store, path, 'y');
    const payloadRows = () => store.kit.rows().filter(({ key }) => key[1] === 0x02);
    expect(payloadRows()).toHaveLength(2);
    await store.secrets.destroy(newChange(), path, { versions: [1, 2] });
    expect(payloadRows()).toEqual([]);
    expect(store.kit.rows().length).toBeGreaterThan(before);
    await expect(readText(store, path)).rejects.toMatchObject({ code: 'deleted' });
  });

  test('has the same length for payloads of similar length, and differs for equal ones', async () => {
    const store = await sealedStore();
    for (const text of ['a', 'a', 'a'.repeat(30)]) await writeText(store, path, text);
    const values = store.kit.rows().flatMap(({ key, value }) => (key[1] === 0x02 ? [value] : []));
    expect(new Set(values.map((value) => value.length)).size).toBe(1);
    expect(new Set(values.map(toHex)).size).toBe(3);
  });

  test('cannot be moved from one version to another', async () => {
    const store = await sealedStore();
    await writeText(store, path, 'old');
    await writeText(store, path, 'new');
    const [one, two] = store.kit.rows().filter(({ key }) => key[1] === 0x02);
    if (one === undefined || two === undefined) throw new Error('two payload rows were expected');
    store.kit.putRows([
      { ...one, value: two.value },
      { ...two, value: one.value },
    ]);
    for (const version of ['1', '2'].map(parseVersion)) {
      const reader = await store.openAnother();
      await expect(readText(reader, path, { version })).rejects.toMatchObject({ code: 'integrity' });
    }
  });
});

describe('a sealed store', () => {
  test('refuses everything', async () => {
    const store = await sealedStore();
    await writeText(store, path, 'x');
    store.barrier.seal();
    const { secrets, records, operations } = storeOver(store.barrier, store.clock);
    const attempts = [
      () => secrets.read({ path }),
      () => secrets.describe(path),
      () => secrets.list('', {}),
      () => writeText(store, path, 'y'),
      () => secrets.purge(newChange(), path),
      () => records.get('a'),
      () => records.list(''),
      () => operations.close(newChange().operationId, 0),
      () => operations.outcome(newChange().operationId, 0),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'sealed' });
  });
});
