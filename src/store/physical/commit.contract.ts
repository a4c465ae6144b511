import assert from 'node:assert/strict';
import type { ContractCases } from '../../core/contract.js';
import {
  bytes,
  insert,
  keysOf,
  longKey,
  put,
  putCommit,
  read,
  rejects,
  removal,
  require,
  revisionOf,
  rowsOf,
  textOf,
  update,
} from './contract-rows.js';
import { type Commit, commitLimits, type PhysicalStore } from './physical-store.js';

/** What commits do, and what reads see of them. */
export const commitCases: ContractCases<PhysicalStore> = {
  'has no rows when new': async (store) => {
    assert.deepEqual(await store.get([bytes('a')]), [undefined]);
    assert.deepEqual(await keysOf(store, ''), []);
  },

  'gives back what was put, byte by byte': async (store) => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);
    const revision = await put(store, 'a', everyByte);
    assert.deepEqual(await store.get([bytes('a')]), [{ key: bytes('a'), value: everyByte, revision }]);
  },

  'keeps an empty value apart from an absent row': async (store) => {
    await put(store, 'a', new Uint8Array());
    const [row, absent] = await store.get([bytes('a'), bytes('b')]);
    assert.deepEqual(row?.value, new Uint8Array());
    assert.equal(absent, undefined);
  },

  'answers gets in the order of the keys, repeated and absent ones too': async (store) => {
    await put(store, 'a', '1');
    await put(store, 'b', '2');
    const rows = await store.get([bytes('b'), bytes('x'), bytes('a'), bytes('b')]);
    assert.deepEqual(rows.map(textOf), ['2', undefined, '1', '2']);
    assert.deepEqual(await store.get([]), []);
  },

  'gives all rows of one commit the same revision, and it is the one that the commit answers': async (store) => {
    const outcome = await store.commit(insert({ a: '1', b: '2' }));
    const rows = await store.get([bytes('a'), bytes('b')]);
    assert.deepEqual(
      rows.map((row) => row?.revision),
      [revisionOf(outcome), revisionOf(outcome)],
    );
  },

  'refuses to create a row that exists': async (store) => {
    await put(store, 'a', '1');
    assert.deepEqual(await store.commit(insert({ a: '2' })), { kind: 'conflict' });
    assert.equal(await read(store, 'a'), '1');
  },

  'refuses to change a row that does not exist': async (store) => {
    const revision = await put(store, 'a', '1');
    assert.deepEqual(await store.commit(update('b', revision, '2')), { kind: 'conflict' });
    assert.equal(await read(store, 'b'), undefined);
  },

  'refuses to change a row that has another revision': async (store) => {
    const first = await put(store, 'a', '1');
    const second = revisionOf(await store.commit(update('a', first, '2')));
    assert.notEqual(second, first);
    assert.deepEqual(await store.commit(update('a', first, '3')), { kind: 'conflict' });
    assert.equal(await read(store, 'a'), '2');
  },

  'removes a row only at its revision': async (store) => {
    const revision = await put(store, 'a', '1');
    await put(store, 'b', '1');
    assert.deepEqual(await store.commit(removal('a', undefined)), { kind: 'conflict' });
    assert.deepEqual(await store.commit(removal('a', `${revision}0`)), { kind: 'conflict' });
    revisionOf(await store.commit(removal('a', revision)));
    assert.deepEqual(await keysOf(store, ''), ['b']);
  },

  'accepts the removal of a row that is required to be absent': async (store) => {
    revisionOf(await store.commit(removal('a', undefined)));
    assert.equal(await read(store, 'a'), undefined);
  },

  'applies nothing when one of many preconditions fails': async (store) => {
    const a = await put(store, 'a', '1');
    const b = await put(store, 'b', '1');
    const outcome = await store.commit({
      require: [require('a', a), require('b', b), require('c', undefined), require('guard', a)],
      put: [
        { key: bytes('a'), value: bytes('2') },
        { key: bytes('c'), value: bytes('2') },
      ],
      remove: [bytes('b')],
    });
    assert.deepEqual(outcome, { kind: 'conflict' });
    assert.deepEqual((await store.get([bytes('a'), bytes('b'), bytes('c')])).map(textOf), ['1', '1', undefined]);
  },

  'checks rows that a commit only requires': async (store) => {
    const guard = await put(store, 'guard', '1');
    const guarded: Commit = {
      require: [require('a', undefined), require('guard', guard)],
      put: [{ key: bytes('a'), value: bytes('1') }],
      remove: [],
    };
    await store.commit(update('guard', guard, '2'));
    assert.deepEqual(await store.commit(guarded), { kind: 'conflict' });
    const now = (await store.get([bytes('guard')]))[0]?.revision;
    revisionOf(await store.commit({ ...guarded, require: [require('a', undefined), require('guard', now)] }));
    assert.equal(await read(store, 'guard'), '2');
    assert.equal((await store.get([bytes('guard')]))[0]?.revision, now);
  },

  'answers a commit that only requires': async (store) => {
    const revision = await put(store, 'a', '1');
    assert.equal((await store.commit({ require: [require('a', revision)], put: [], remove: [] })).kind, 'committed');
    assert.equal((await store.commit({ require: [require('a', undefined)], put: [], remove: [] })).kind, 'conflict');
    assert.equal((await store.get([bytes('a')]))[0]?.revision, revision);
  },

  'never repeats a revision, not even for the same bytes after a removal': async (store) => {
    const seen = new Set<string>();
    for (let round = 0; round < 20; round += 1) {
      const revision = await put(store, 'a', 'same');
      assert.ok(!seen.has(revision));
      seen.add(revision);
      const other = revisionOf(await store.commit(update('a', revision, 'same')));
      assert.ok(!seen.has(other));
      seen.add(other);
      revisionOf(await store.commit(removal('a', other)));
      assert.deepEqual(await store.commit(update('a', revision, 'same')), { kind: 'conflict' });
    }
  },

  'lets exactly one of many concurrent commits on a row win': async (store) => {
    const start = await put(store, 'a', 'start');
    const outcomes = await Promise.all(
      Array.from({ length: 32 }, (_, i) => store.commit(update('a', start, `writer ${i}`))),
    );
    const winners = outcomes.flatMap((outcome, i) => (outcome.kind === 'committed' ? [i] : []));
    assert.equal(winners.length, 1);
    assert.equal(outcomes.filter(({ kind }) => kind === 'conflict').length, 31);
    assert.equal(await read(store, 'a'), `writer ${winners[0]}`);
  },

  'loses no update of many concurrent writers that retry': async (store) => {
    await put(store, 'counter', '0');
    const increment = async () => {
      for (;;) {
        const [row] = await store.get([bytes('counter')]);
        const next = String(Number(textOf(row)) + 1);
        if ((await store.commit(update('counter', row?.revision, next))).kind === 'committed') return;
      }
    };
    await Promise.all(Array.from({ length: 25 }, increment));
    assert.equal(await read(store, 'counter'), '25');
  },

  'lets concurrent commits on different rows all succeed': async (store) => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, i) => store.commit(insert({ [`k${i}`]: 'v' }))));
    assert.equal(new Set(outcomes.map(revisionOf)).size, 50);
    assert.equal((await keysOf(store, 'k')).length, 50);
  },

  'shows a commit to the first read after it': async (store) => {
    let revision: string | undefined;
    for (let round = 0; round < 50; round += 1) {
      revision = revisionOf(await store.commit(update('a', revision, String(round))));
      assert.equal(await read(store, 'a'), String(round));
    }
  },

  'never shows a part of a commit': async (store) => {
    const keys = ['a', 'b', 'c'].map(bytes);
    let isWriting = true;
    const readers = Array.from({ length: 4 }, async () => {
      while (isWriting) {
        const values = (await store.get(keys)).map(textOf);
        assert.equal(new Set(values).size, 1, `torn read: ${values.join(' ')}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    let revision: string | undefined;
    for (let round = 0; round < 50; round += 1) {
      const value = bytes(String(round));
      const outcome = await store.commit({
        require: keys.map((key) => ({ key, revision })),
        put: keys.map((key) => ({ key, value })),
        remove: [],
      });
      revision = revisionOf(outcome);
    }
    isWriting = false;
    await Promise.all(readers);
  },

  'takes at least what every driver takes in a commit': async (store) => {
    assert.ok(store.limits.rows >= commitLimits.rows && store.limits.bytes >= commitLimits.bytes);
  },

  'accepts a commit at its limits': async (store) => {
    const keys = Array.from({ length: store.limits.rows }, (_, i) => longKey(i));
    const valueBytes = Math.floor(store.limits.bytes / store.limits.rows) - commitLimits.keyBytes;
    const commit: Commit = {
      require: keys.map((key) => ({ key, revision: undefined })),
      put: keys.map((key) => ({ key, value: new Uint8Array(valueBytes).fill(1) })),
      remove: [],
    };
    revisionOf(await store.commit(commit));
    assert.equal((await rowsOf(store, new Uint8Array())).length, store.limits.rows);
    const single = new Uint8Array(store.limits.bytes - 1).fill(2);
    await put(store, 'a', single);
    assert.ok(Buffer.from((await store.get([bytes('a')]))[0]?.value ?? []).equals(single));
  },

  'refuses a commit over its limits, and changes nothing': async (store) => {
    const keys = Array.from({ length: store.limits.rows + 1 }, (_, i) => bytes(`k${i}`));
    const require = keys.map((key) => ({ key, revision: undefined }));
    const put = keys.map((key) => ({ key, value: bytes('v') }));
    await rejects('too_large', store.commit({ require, put, remove: [] }));
    await rejects('too_large', store.commit({ require, put: [], remove: [] }));
    const tooManyBytes = new Uint8Array(store.limits.bytes);
    await rejects('too_large', store.commit(putCommit(bytes('a'), tooManyBytes, undefined)));
    await rejects(
      'too_large',
      store.commit(putCommit(new Uint8Array(commitLimits.keyBytes + 1), bytes('v'), undefined)),
    );
    assert.deepEqual(await keysOf(store, ''), []);
  },

  'refuses a changed row without a precondition': async (store) => {
    const put = [{ key: bytes('a'), value: bytes('1') }];
    await rejects('internal', store.commit({ require: [], put, remove: [] }));
    await rejects('internal', store.commit({ require: [require('b', undefined)], put, remove: [] }));
    await rejects('internal', store.commit({ require: [], put: [], remove: [bytes('a')] }));
    assert.deepEqual(await keysOf(store, ''), []);
  },

  'refuses a commit that says two things of one row, or names an empty key': async (store) => {
    const absent = require('a', undefined);
    const row = { key: bytes('a'), value: bytes('1') };
    await rejects('internal', store.commit({ require: [absent], put: [row], remove: [bytes('a')] }));
    await rejects('internal', store.commit({ require: [absent], put: [row, row], remove: [] }));
    await rejects('internal', store.commit({ require: [absent, absent], put: [row], remove: [] }));
    await rejects('internal', store.commit({ require: [absent], put: [], remove: [bytes('a'), bytes('a')] }));
    await rejects('internal', store.commit(putCommit(new Uint8Array(), bytes('1'), undefined)));
    assert.deepEqual(await keysOf(store, ''), []);
  },
};
