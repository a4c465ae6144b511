import assert from 'node:assert/strict';
import type { ContractCases } from '../../core/contract.js';
import { bytes, put, putAll, removal, revisionOf, rowsOf, update } from './contract-rows.js';
import type { PhysicalStore } from './physical-store.js';

export const compactCases: ContractCases<PhysicalStore> = {
  'keeps every row and its revision when compacted': async (store) => {
    await putAll(store, ['a', 'b', 'c', 'd']);
    const removed = await put(store, 'gone', 'value');
    revisionOf(await store.commit(removal('gone', removed)));
    const before = await rowsOf(store, new Uint8Array());
    await store.compact();
    assert.deepEqual(await rowsOf(store, new Uint8Array()), before);
  },

  'commits on where it was after a compaction, and gives out no revision again': async (store) => {
    const first = await put(store, 'row', '1');
    const removed = await put(store, 'other', '1');
    revisionOf(await store.commit(removal('other', removed)));
    await store.compact();
    const second = revisionOf(await store.commit(update('row', first, '2')));
    assert.equal(new Set([first, removed, second]).size, 3);
    assert.equal((await store.commit(update('row', first, '3'))).kind, 'conflict');
    await store.compact();
    assert.equal((await rowsOf(store, bytes('row')))[0]?.revision, second);
  },

  'compacts when it is empty': async (store) => {
    await store.compact();
    assert.deepEqual(await rowsOf(store, new Uint8Array()), []);
    await put(store, 'row', 'value');
  },

  'ends no listing that began before a compaction with rows of another moment': async (store) => {
    await putAll(store, ['a', 'b', 'c']);
    const listing = store.list(bytes(''))[Symbol.asyncIterator]();
    const first = await listing.next();
    assert.equal(first.done, false);
    await store.compact();
    const rest: string[] = [];
    try {
      for (let next = await listing.next(); next.done !== true; next = await listing.next()) {
        rest.push(new TextDecoder().decode(next.value.key));
      }
      assert.deepEqual(rest, ['b', 'c']);
    } catch (error) {
      assert.match(String(error), /listing/);
    }
  },
};
