import assert from 'node:assert/strict';
import type { ContractCases } from '../../core/contract.js';
import { KeywardError } from '../../core/errors.js';
import { bytes, put, putAll, removal, revisionOf, rowsOf, textOfBytes, update } from './contract-rows.js';
import type { PhysicalStore } from './physical-store.js';

const row = (key: string, value: string) => ({ key: bytes(key), value: bytes(value) });

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

  'holds exactly the rows that took the place of all others': async (store) => {
    await putAll(store, ['a', 'b', 'c']);
    await store.replaceAll(async (write) => {
      await write([row('z', '1'), row('b', '2')]);
      await write([row('d', '3')]);
    });
    const rows = await rowsOf(store, new Uint8Array());
    assert.deepEqual(
      rows.map(({ key, value }) => [textOfBytes(key), textOfBytes(value)]),
      [
        ['b', '2'],
        ['d', '3'],
        ['z', '1'],
      ],
    );
  },

  'gives the rows that took the place of others revisions of their own': async (store) => {
    const before = await put(store, 'row', '1');
    await store.replaceAll((write) => write([row('row', '1'), row('other', '1')]));
    const after = (await rowsOf(store, bytes('row')))[0]?.revision;
    assert.notEqual(after, before);
    assert.equal((await store.commit(update('row', before, '2'))).kind, 'conflict');
    assert.notEqual(revisionOf(await store.commit(update('row', after ?? '', '2'))), after);
  },

  'keeps what it holds when its replacement fails, or somebody commits meanwhile': async (store) => {
    await putAll(store, ['a', 'b']);
    const before = await rowsOf(store, new Uint8Array());
    const failing = store.replaceAll(async (write) => {
      await write([row('c', '1')]);
      throw new KeywardError('integrity', 'on purpose');
    });
    await assert.rejects(failing, { code: 'integrity' });
    assert.deepEqual(await rowsOf(store, new Uint8Array()), before);
    const overtaken = store.replaceAll(async (write) => {
      await write([row('c', '1')]);
      await put(store, 'late', 'value');
    });
    await assert.rejects(overtaken, { code: 'conflict' });
    assert.deepEqual(
      (await rowsOf(store, new Uint8Array())).map(({ key }) => textOfBytes(key)),
      ['a', 'b', 'late'],
    );
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
