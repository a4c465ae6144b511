import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenStoreOptions, openStore } from '../../src/compose/open-default-store.js';
import { isKeywardError } from '../../src/core/errors.js';
import { parsePath } from '../../src/core/path.js';
import { binaryPayload, textPayload } from '../../src/core/payload.js';
import { kindOfKey } from '../../src/store/barrier/row-keys.js';
import { createLmdbStore } from '../../src/store/physical/lmdb/lmdb-store.js';
import type { PhysicalStore, Row } from '../../src/store/physical/physical-store.js';
import { Laptop } from './cli.js';

const isFull = process.env['KEYWARD_FULL'] === '1';
const neededRows = 200;
const secrets = Array.from({ length: 36 }, (_, i) => ({
  path: parsePath(`app/team-${i % 3}/secret-${i}`),
  text: `s-${i}`,
}));

let laptop: Laptop;

beforeAll(async () => {
  laptop = await Laptop.initialised();
  await withStore(async ({ client }) => {
    for (const { path, text } of secrets) await client.secrets.write(path, { payload: textPayload(text) });
    for (let i = 0; i < 8; i += 1) await client.records.put(`rotation/${i}`, Uint8Array.of(i), { ifRevision: 0 });
  });
});
afterAll(() => laptop.remove());

type Store = Awaited<ReturnType<typeof openStore>>;

async function withStore<T>(use: (store: Store) => Promise<T>, options: Partial<OpenStoreOptions> = {}): Promise<T> {
  const store = await openStore({ env: laptop.environment(), environment: 'development', ...options });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** As somebody who can write the files, and has no key. */
async function behindTheBack<T>(act: (rows: PhysicalStore) => Promise<T>): Promise<T> {
  const rows = createLmdbStore({ folder: laptop.dataFolder });
  try {
    return await act(rows);
  } finally {
    await rows.close();
  }
}

function allRows(): Promise<readonly Row[]> {
  return behindTheBack(async (rows) => {
    const all: Row[] = [];
    for await (const row of rows.list(new Uint8Array(0))) all.push(row);
    return all;
  });
}

/** Gives the keys these values, under revisions that no row ever had; a row without a value is removed. */
function overwrite(
  changes: readonly { readonly key: Uint8Array; readonly value: Uint8Array | undefined }[],
): Promise<void> {
  return behindTheBack(async (rows) => {
    const present = await rows.get(changes.map(({ key }) => key));
    const outcome = await rows.commit({
      require: changes.map(({ key }, i) => ({ key, revision: present[i]?.revision })),
      put: changes.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }])),
      remove: changes.flatMap(({ key, value }) => (value === undefined ? [key] : [])),
    });
    if (outcome.kind !== 'committed') throw new Error(`the change was not made: ${outcome.kind}`);
  });
}

const kindOf = (row: Row) => kindOfKey(row.key) ?? 'unknown';

/** How a reader fares with every secret: `right`, `integrity`, or what must never be. */
async function readings(): Promise<ReadonlySet<string>> {
  return new Set(
    await withStore(({ client }) =>
      Promise.all(
        secrets.map(async ({ path, text }) => {
          try {
            const found = await client.secrets.read({ path });
            return found === undefined
              ? 'absent'
              : Buffer.from(found.payload.bytes).equals(Buffer.from(text))
                ? 'right'
                : 'WRONG';
          } catch (error) {
            return codeOf(error);
          }
        }),
      ),
    ),
  );
}

async function verdict(): Promise<string> {
  try {
    await withStore(({ client }) => client.seal.verifyStore());
    return 'sound';
  } catch (error) {
    return codeOf(error);
  }
}

function codeOf(error: unknown): string {
  if (isKeywardError(error)) return error.code;
  throw error;
}

function* pairsOf(rows: readonly Row[]): Generator<readonly [Row, Row]> {
  for (const [i, a] of rows.entries()) for (const b of rows.slice(i + 1)) yield [a, b];
}

/** All pairs; without KEYWARD_FULL one of each two kinds, and a few more that differ from run to run. */
function chosenPairs(rows: readonly Row[]): readonly (readonly [Row, Row])[] {
  const all = [...pairsOf(rows)];
  if (isFull) return all;
  const ofKinds = new Map(all.map((pair) => [pair.map(kindOf).sort().join(), pair]));
  const others = Array.from({ length: 12 }, () => all[Math.floor(Math.random() * all.length)]);
  return [...ofKinds.values(), ...others.filter((pair) => pair !== undefined)];
}

describe('the rows of a store on disk', () => {
  test('are more than 200, of every kind that secrets make, and sound as they are', async () => {
    const rows = await allRows();
    expect(rows.length).toBeGreaterThan(neededRows);
    const kinds = ['directory', 'operation', 'payload', 'record', 'secret', 'shard-head', 'store-head'];
    expect([...new Set(rows.map(kindOf))].sort()).toEqual(kinds);
    expect(await verdict()).toBe('sound');
    expect(await readings()).toEqual(new Set(['right']));
  });

  test('are found out when any two of them were swapped, and no reader gets another value', async () => {
    const rows = await allRows();
    for (const [a, b] of chosenPairs(rows)) {
      await overwrite([
        { key: a.key, value: b.value },
        { key: b.key, value: a.value },
      ]);
      const swapped = `${kindOf(a)} ${Buffer.from(a.key).toString('hex')} and ${kindOf(b)} ${Buffer.from(b.key).toString('hex')}`;
      expect(await verdict(), swapped).toBe('integrity');
      const seen = await readings().catch((error: unknown) => new Set([codeOf(error)]));
      expect(
        [...seen].filter((reading) => reading !== 'right' && reading !== 'integrity'),
        swapped,
      ).toEqual([]);
      await overwrite([a, b]);
    }
    expect(await verdict()).toBe('sound');
  });

  test('are found out when one of them was removed or made up', async () => {
    const rows = await allRows();
    const oneOfEachKind = [...new Map(rows.map((row) => [kindOf(row), row])).values()];
    for (const row of oneOfEachKind) {
      await overwrite([{ key: row.key, value: undefined }]);
      expect(await verdict(), `without a ${kindOf(row)}`).toBe('integrity');
      await overwrite([{ key: row.key, value: Uint8Array.from(row.value, (byte, i) => (i === 40 ? byte ^ 1 : byte)) }]);
      expect(await verdict(), `with a changed ${kindOf(row)}`).toBe('integrity');
      await overwrite([row]);
    }
    expect(await verdict()).toBe('sound');
  });
});

describe('an old row put back under a fresh revision', () => {
  const path = parsePath('app/rotated');
  const read = () => withStore(async ({ client }) => (await client.secrets.read({ path }))?.payload);
  let before: readonly Row[];
  let after: readonly Row[];

  beforeAll(async () => {
    await withStore(({ client }) => client.secrets.write(path, { payload: binaryPayload(Uint8Array.of(1)) }));
    before = await allRows();
    await withStore(({ client }) => client.secrets.write(path, { payload: binaryPayload(Uint8Array.of(2)) }));
    after = await allRows();
  });

  const changed = () =>
    before.filter((row) => {
      const now = after.find((other) => Buffer.compare(other.key, row.key) === 0);
      return now !== undefined && Buffer.compare(now.value, row.value) !== 0;
    });
  const restore = () =>
    overwrite(
      changed().map(({ key }) => ({ key, value: after.find((row) => Buffer.compare(row.key, key) === 0)?.value })),
    );

  test('is that of the secret, of the last operation, of a shard or of the store', () => {
    expect(new Set(changed().map(kindOf))).toEqual(new Set(['secret', 'operation', 'shard-head', 'store-head']));
  });

  test('is refused, whichever it is', async () => {
    for (const row of changed()) {
      await overwrite([row]);
      expect(await verdict(), kindOf(row)).toBe('integrity');
      await restore();
    }
    expect(await read()).toMatchObject({ bytes: Uint8Array.of(2) });
  });

  test('is refused by the reader of that very secret', async () => {
    await overwrite(changed().filter((row) => kindOf(row) === 'secret'));
    await expect(read()).rejects.toMatchObject({ code: 'integrity' });
    expect(await laptop.run(['get', 'app/rotated', '--config', await rootConfig()])).toMatchObject({
      status: 8,
      stdout: '',
    });
    await restore();
  });

  test('is refused together with the head of its shard', async () => {
    await overwrite(changed().filter((row) => kindOf(row) !== 'store-head'));
    await expect(read()).rejects.toMatchObject({ code: 'integrity' });
    await restore();
  });

  /** A configuration that reads the store from its root. */
  async function rootConfig(): Promise<string> {
    return laptop.write('root.yaml', 'environment: development\nproviders: [{keyward: {}}]\n');
  }
});
