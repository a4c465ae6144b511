import assert from 'node:assert/strict';
import type { ContractCases } from '../../core/contract.js';
import { isKeywardError } from '../../core/errors.js';
import {
  bytes,
  firstOf,
  insert,
  keysOf,
  put,
  putAll,
  putCommit,
  read,
  rejects,
  removal,
  revisionOf,
  rowsOf,
  textOf,
  textOfBytes,
  update,
} from './contract-rows.js';
import { commitLimits, type PhysicalStore } from './physical-store.js';

/** Listings, hints, ownership of bytes, and closing. */
export const listAndWatchCases: ContractCases<PhysicalStore> = {
  'lists in the order of the bytes of the keys': async (store) => {
    const keys = [[0x00], [0x00, 0x00], [0x00, 0xff], [0x01], [0x7f, 0x80], [0x80], [0xff], [0xff, 0x00], [0xff, 0xff]];
    for (const key of [...keys].reverse()) {
      revisionOf(await store.commit(putCommit(Uint8Array.from(key), bytes('v'), undefined)));
    }
    assert.deepEqual(
      (await rowsOf(store, new Uint8Array())).map((row) => [...row.key]),
      keys,
    );
  },

  'lists only what begins with the prefix, also at both ends of the bytes': async (store) => {
    const keys = [[0x00], [0x00, 0x01], [0x01], [0xfe, 0xff], [0xff], [0xff, 0xfe], [0xff, 0xff], [0xff, 0xff, 0x00]];
    for (const key of keys) {
      revisionOf(await store.commit(putCommit(Uint8Array.from(key), bytes('v'), undefined)));
    }
    for (const prefix of [[0x00], [0x01], [0xfe], [0xff], [0xff, 0xff], [0x02]]) {
      assert.deepEqual(
        (await rowsOf(store, Uint8Array.from(prefix))).map((row) => [...row.key]),
        keys.filter((key) => prefix.every((byte, i) => key[i] === byte)),
      );
    }
  },

  'lists the row whose key is the prefix itself': async (store) => {
    await putAll(store, ['a', 'ab', 'b']);
    assert.deepEqual(await keysOf(store, 'a'), ['a', 'ab']);
  },

  'lists whole rows with the revisions that get answers': async (store) => {
    await put(store, 'a', '1');
    await put(store, 'b', '2');
    assert.deepEqual(await rowsOf(store, new Uint8Array()), await store.get([bytes('a'), bytes('b')]));
  },

  'continues a listing after a key, whether that row exists or not': async (store) => {
    await putAll(store, ['a/1', 'a/2', 'a/22', 'a/3', 'b/1']);
    assert.deepEqual(await keysOf(store, 'a/', { after: bytes('a/2') }), ['a/22', 'a/3']);
    assert.deepEqual(await keysOf(store, 'a/', { after: bytes('a/20') }), ['a/22', 'a/3']);
    assert.deepEqual(await keysOf(store, 'a/', { after: bytes('a/3') }), []);
    assert.deepEqual(await keysOf(store, 'a/', { after: bytes('A') }), ['a/1', 'a/2', 'a/22', 'a/3']);
    assert.deepEqual(await keysOf(store, 'a/', { after: bytes('z') }), []);
  },

  'finds nothing at a key that no row can have, and lists around it': async (store) => {
    const longest = new Uint8Array(commitLimits.keyBytes).fill(0x62);
    revisionOf(await store.commit(putCommit(longest, bytes('v'), undefined)));
    await putAll(store, ['a', 'c']);
    for (const length of [commitLimits.keyBytes + 1, 10_000]) {
      const key = new Uint8Array(length).fill(0x62);
      assert.deepEqual(await store.get([key, new Uint8Array()]), [undefined, undefined]);
      assert.deepEqual(await rowsOf(store, key), []);
      assert.deepEqual(await keysOf(store, '', { after: key }), ['c']);
    }
    assert.deepEqual(await keysOf(store, '', { after: longest }), ['c']);
    assert.equal((await rowsOf(store, longest)).length, 1);
  },

  'stops a listing at its limit': async (store) => {
    await putAll(store, ['a', 'b', 'c']);
    assert.deepEqual(await keysOf(store, '', { limit: 0 }), []);
    assert.deepEqual(await keysOf(store, '', { limit: 2 }), ['a', 'b']);
    assert.deepEqual(await keysOf(store, '', { limit: 9 }), ['a', 'b', 'c']);
  },

  'pages through everything exactly once': async (store) => {
    const keys = Array.from({ length: 130 }, (_, i) => `k${String(i).padStart(3, '0')}`);
    await putAll(store, keys);
    const seen: string[] = [];
    for (;;) {
      const last = seen.at(-1);
      const page = await keysOf(store, 'k', { limit: 7, after: last === undefined ? undefined : bytes(last) });
      seen.push(...page);
      if (page.length < 7) break;
    }
    assert.deepEqual(seen, keys);
  },

  'lists one snapshot while commits go on': async (store) => {
    const keys = Array.from({ length: 700 }, (_, i) => `k${String(i).padStart(3, '0')}`);
    await putAll(store, keys);
    const listed: string[] = [];
    for await (const row of store.list(bytes('k'))) {
      if (listed.length === 0) {
        const [first, last] = await store.get([bytes('k000'), bytes('k699')]);
        revisionOf(await store.commit(removal('k698', (await store.get([bytes('k698')]))[0]?.revision)));
        revisionOf(await store.commit(update('k699', last?.revision, 'changed')));
        revisionOf(await store.commit(update('k000', first?.revision, 'changed')));
        revisionOf(await store.commit(insert({ k6985: 'new' })));
      }
      assert.equal(textOf(row), 'v');
      listed.push(textOfBytes(row.key));
    }
    assert.deepEqual(listed, keys);
    assert.equal(await read(store, 'k699'), 'changed');
  },

  'lists large rows, many at a time': async (store) => {
    const value = new Uint8Array(300_000).fill(7);
    for (let i = 0; i < 12; i += 1) await put(store, `big${10 + i}`, value);
    const rows = await rowsOf(store, bytes('big'));
    assert.equal(rows.length, 12);
    for (const row of rows) assert.ok(Buffer.from(row.value).equals(value));
  },

  'can be listed many times at once, and left early': async (store) => {
    await putAll(store, ['a', 'b', 'c']);
    const listings = await Promise.all(Array.from({ length: 200 }, () => firstOf(store.list(new Uint8Array()))));
    assert.deepEqual(new Set(listings.map((row) => row && textOfBytes(row.key))), new Set(['a']));
    const a = (await store.get([bytes('a')]))[0]?.revision;
    revisionOf(await store.commit(removal('a', a)));
    assert.deepEqual(await keysOf(store, ''), ['b', 'c']);
  },

  'does not mind what the caller does to the bytes it passed': async (store) => {
    const key = bytes('a');
    const value = bytes('1');
    const wanted = bytes('a');
    const prefix = bytes('a');
    const committing = store.commit(putCommit(key, value, undefined));
    key.fill(0x7a);
    value.fill(0x7a);
    revisionOf(await committing);
    const getting = store.get([wanted]);
    wanted.fill(0x7a);
    assert.deepEqual((await getting).map(textOf), ['1']);
    const listing = rowsOf(store, prefix);
    prefix.fill(0x7a);
    assert.deepEqual((await listing).map(textOf), ['1']);
    assert.deepEqual(await keysOf(store, ''), ['a']);
  },

  'does not mind what the caller does to the bytes it got': async (store) => {
    await put(store, 'a', '1');
    for (const row of [(await store.get([bytes('a')]))[0], (await rowsOf(store, bytes('a')))[0]]) {
      row?.value.fill(0x7a);
      row?.key.fill(0x7a);
    }
    assert.equal(await read(store, 'a'), '1');
    assert.deepEqual(await keysOf(store, ''), ['a']);
  },

  'continues a listing though the caller overwrites the rows it got': async (store) => {
    const keys = Array.from({ length: 600 }, (_, i) => `k${String(i).padStart(3, '0')}`);
    await putAll(store, keys);
    const listed: string[] = [];
    for await (const row of store.list(bytes('k'))) {
      listed.push(textOfBytes(row.key));
      row.key.fill(0);
    }
    assert.deepEqual(listed, keys);
  },

  'hints at changes under a watched prefix': async (store) => {
    let stop = () => {};
    const hinted = new Promise<string>((resolve) => {
      stop = store.watch(bytes('a/'), resolve);
    });
    await put(store, 'a/1', 'v');
    assert.ok(['changed', 'resync'].includes(await hinted));
    stop();
  },

  'hints at removals too, and to each watcher': async (store) => {
    const revision = await put(store, 'a/1', 'v');
    const stops: (() => void)[] = [];
    const watch = () => new Promise((resolve) => stops.push(store.watch(bytes('a/'), resolve)));
    const hinted = Promise.all([watch(), watch()]);
    revisionOf(await store.commit(removal('a/1', revision)));
    await hinted;
    for (const stop of stops) stop();
  },

  'hints no more once stopped': async (store) => {
    let hints = 0;
    const stop = store.watch(bytes('a'), () => {
      hints += 1;
    });
    stop();
    stop();
    let otherStop = () => {};
    const otherHinted = new Promise((resolve) => {
      otherStop = store.watch(bytes('a'), resolve);
    });
    await put(store, 'a', 'v');
    await otherHinted;
    otherStop();
    assert.equal(hints, 0);
  },

  'answers unavailable after close, however often closed': async (store) => {
    await put(store, 'a', '1');
    const listing = store.list(new Uint8Array())[Symbol.asyncIterator]();
    await store.close();
    await store.close();
    await rejects('unavailable', store.get([bytes('a')]));
    await rejects('unavailable', store.commit(insert({ b: '1' })));
    await rejects('unavailable', rowsOf(store, new Uint8Array()));
    await rejects('unavailable', listing.next());
    assert.throws(
      () => store.watch(bytes('a'), () => {}),
      (error) => isKeywardError(error, 'unavailable'),
    );
  },

  'ends an open listing with unavailable when closed': async (store) => {
    const keys = Array.from({ length: 600 }, (_, i) => `k${String(i).padStart(3, '0')}`);
    await putAll(store, keys);
    const listing = store.list(bytes('k'))[Symbol.asyncIterator]();
    await listing.next();
    await store.close();
    await rejects(
      'unavailable',
      (async () => {
        for (let i = 0; i < keys.length; i += 1) await listing.next();
      })(),
    );
  },

  'closes without ever having been used': async (store) => {
    await store.close();
  },
};
