import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../../testing/fake-clock.js';
import { physicalStoreContract } from '../physical-store.contract.js';
import type { Commit, PhysicalStore, Row } from '../physical-store.js';
import { createLmdbStore } from './lmdb-store.js';

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'keyward-lmdb-'));
  folder = join(parent, 'some.store');
});

afterEach(() => rm(parent, { recursive: true }));

physicalStoreContract({ describe, test, skip: test.skip }, 'lmdb', async () => {
  const store = createLmdbStore({ folder });
  return { subject: store, dispose: () => store.close() };
});

function put(key: number, value: string, revision?: string): Commit {
  const row = { key: Uint8Array.of(key), value: new TextEncoder().encode(value) };
  return { require: [{ key: row.key, revision }], put: [row], remove: [] };
}

async function withStore<T>(use: (store: PhysicalStore, clock: FakeClock) => Promise<T>): Promise<T> {
  const clock = new FakeClock();
  const store = createLmdbStore({ folder, clock });
  try {
    return await use(store, clock);
  } finally {
    await store.close();
  }
}

async function revisionOf(store: PhysicalStore, key: number): Promise<string | undefined> {
  return (await store.get([Uint8Array.of(key)]))[0]?.revision;
}

async function rowsOf(store: PhysicalStore): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of store.list(new Uint8Array())) rows.push(row);
  return rows;
}

/** Holds LMDB's write lock from an environment of its own, as a process would that does not move. */
function holdWriteLock(): Promise<() => Promise<void>> {
  const other = open({
    path: folder,
    noSubdir: false,
    encoding: 'binary',
    keyEncoding: 'binary',
    overlappingSync: false,
  });
  return new Promise((resolve) => {
    const ended = other.transaction(
      () =>
        new Promise<void>((letGo) => {
          resolve(async () => {
            letGo();
            await ended;
            await other.close();
          });
        }),
    );
  });
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe('the store on LMDB', () => {
  test('touches nothing before its first use', async () => {
    const store = createLmdbStore({ folder });
    store.list(new Uint8Array());
    expect(await readdir(parent)).toEqual([]);
    await store.close();
    expect(await readdir(parent)).toEqual([]);
  });

  test('keeps its files to their owner, and leaves no others', async () => {
    await withStore((store) => store.commit(put(1, 'v')));
    expect(await modeOf(folder)).toBe('700');
    expect((await readdir(folder)).sort()).toEqual(['data.mdb', 'lock.mdb']);
    expect([await modeOf(join(folder, 'data.mdb')), await modeOf(join(folder, 'lock.mdb'))]).toEqual(['600', '600']);
  });

  test('takes the rights of others from files that had them', async () => {
    await withStore((store) => store.commit(put(1, 'v')));
    await chmod(join(folder, 'data.mdb'), 0o664);
    await chmod(join(folder, 'lock.mdb'), 0o666);
    await withStore((store) => store.get([]));
    expect([await modeOf(join(folder, 'data.mdb')), await modeOf(join(folder, 'lock.mdb'))]).toEqual(['600', '600']);
  });

  test('has no hole in its lock file, which a full disk could not fill', async () => {
    await withStore((store) => store.get([]));
    const { size, blocks } = await stat(join(folder, 'lock.mdb'));
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
  });

  test('holds its rows when opened again, and goes on with new revisions', async () => {
    const before = await withStore(async (store) => {
      await store.commit(put(1, 'kept'));
      await store.commit(put(2, 'gone'));
      await store.commit({
        require: [{ key: Uint8Array.of(2), revision: await revisionOf(store, 2) }],
        put: [],
        remove: [Uint8Array.of(2)],
      });
      return rowsOf(store);
    });
    await withStore(async (store) => {
      expect(await rowsOf(store)).toEqual(before);
      const outcome = await store.commit(put(2, 'new'));
      expect(Number(outcome.kind === 'committed' && outcome.revision)).toBe(4);
    });
  });

  test('serves two openings of one folder, each seeing the other at once', async () => {
    await withStore(async (one) => {
      await withStore(async (other) => {
        for (let round = 0; round < 20; round += 1) {
          const [writer, reader] = round % 2 === 0 ? [one, other] : [other, one];
          await writer.commit(put(1, `round ${round}`, await revisionOf(reader, 1)));
          expect(await reader.get([Uint8Array.of(1)])).toEqual(await writer.get([Uint8Array.of(1)]));
          expect(Buffer.from((await reader.get([Uint8Array.of(1)]))[0]?.value ?? []).toString()).toBe(`round ${round}`);
        }
      });
    });
  });

  test('hints at the commits of another opening', async () => {
    await withStore(async (watching, clock) => {
      await withStore(async (writing) => {
        const hints: string[] = [];
        let heard = () => {};
        const nextHint = () =>
          new Promise<void>((resolve) => {
            heard = resolve;
          });
        watching.watch(Uint8Array.of(1), (change) => {
          hints.push(change);
          heard();
        });
        const first = nextHint();
        await clock.advance(0);
        await first;
        await writing.commit(put(1, 'v'));
        const second = nextHint();
        while (hints.length < 2) await clock.advance(250);
        await second;
        expect(hints).toEqual(['resync', 'changed']);
      });
    });
  });

  test('gives up on a commit when another process holds the lock, and does not apply it later', async () => {
    await withStore(async (store, clock) => {
      await store.commit(put(1, 'v'));
      const letGo = await holdWriteLock();
      const refused = expect(store.commit(put(2, 'late'))).rejects.toMatchObject({ code: 'unavailable' });
      await clock.advance(5_000);
      await refused;
      expect(await revisionOf(store, 1)).toBeDefined();
      await letGo();
      expect((await store.commit(put(3, 'v'))).kind).toBe('committed');
      expect(await revisionOf(store, 2)).toBeUndefined();
    });
  });

  test('closes though another process holds the lock', async () => {
    const clock = new FakeClock();
    const store = createLmdbStore({ folder, clock });
    await store.commit(put(1, 'v'));
    const letGo = await holdWriteLock();
    const refused = expect(store.commit(put(2, 'late'))).rejects.toMatchObject({ code: 'unavailable' });
    const closing = store.close();
    await clock.advance(2_000);
    await closing;
    await refused;
    await letGo();
    await withStore(async (again) => expect(await revisionOf(again, 2)).toBeUndefined());
  });

  test('finishes the commits that were asked for before close', async () => {
    const store = createLmdbStore({ folder });
    const committing = store.commit(put(1, 'v'));
    await store.close();
    expect((await committing).kind).toBe('committed');
  });

  test('ends a listing that is left standing for a minute, and not one that moves', async () => {
    await withStore(async (store, clock) => {
      for (let page = 0; page < 8; page += 1) {
        const rows = Array.from({ length: 100 }, (_, i) => ({ key: Uint8Array.of(page, i), value: new Uint8Array() }));
        await store.commit({ require: rows.map(({ key }) => ({ key, revision: undefined })), put: rows, remove: [] });
      }
      let moving = 0;
      for await (const _ of store.list(new Uint8Array())) {
        moving += 1;
        if (moving % 100 === 0) await clock.advance(20_000);
      }
      expect(moving).toBe(800);
      const standing = store.list(new Uint8Array())[Symbol.asyncIterator]();
      await standing.next();
      await clock.advance(60_000);
      await expect(
        (async () => {
          while ((await standing.next()).done !== true);
        })(),
      ).rejects.toMatchObject({ code: 'unavailable' });
    });
  });

  test('says unavailable where no folder can be made', async () => {
    await writeFile(folder, 'a file in the way');
    const store = createLmdbStore({ folder });
    await expect(store.get([])).rejects.toMatchObject({ code: 'unavailable', store: folder });
    await rm(folder);
    expect(await store.get([])).toEqual([]);
    await store.close();
  });

  test('refuses a data file that is a link or a folder', async () => {
    await withStore((store) => store.commit(put(1, 'v')));
    await rename(join(folder, 'data.mdb'), join(parent, 'elsewhere'));
    await symlink(join(parent, 'elsewhere'), join(folder, 'data.mdb'));
    await withStore((store) => expect(store.get([])).rejects.toMatchObject({ code: 'integrity' }));
    await rm(join(folder, 'data.mdb'));
    await mkdir(join(folder, 'data.mdb'));
    await withStore((store) => expect(store.get([])).rejects.toMatchObject({ code: 'integrity' }));
  });
});
