import type { OnProgress } from '../../core/progress.js';
import { boxTerm } from '../../crypto/box.js';
import { ByteReader, concat, lp, u8, u32 } from '../../crypto/encoding.js';
import type { Row } from '../physical/physical-store.js';
import type { Barrier, RowAddress, RowPut } from './barrier.js';
import { notAsWritten } from './integrity-error.js';
import type { FoundRow } from './row-boxes.js';
import { allShards, isControlShard, kindOfKey, shardCount } from './row-keys.js';
import type { StoreParts } from './store-parts.js';

/**
 * The body of a row with the boxes inside it wrapped under the current term; `undefined` when they are, or when it has
 * none.
 */
export type RenewBody = (row: FoundRow) => Uint8Array | undefined;

export interface RewrapRowsOptions {
  readonly renew: RenewBody;
  /** Awaited between pages of rows, so that others get their turn. */
  readonly rest?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

type Parts = Pick<StoreParts, 'keys' | 'boxes' | 'reader' | 'pages'>;

const pageRows = 64;
const schema = 1;

/**
 * Where the walk goes on after an interruption, as the plaintext of a control row: schema=1 (1) ‖ term (4) ‖ shard (1) ‖
 * lp(key of the last row that is done). Another term than the current one begins a walk anew.
 */
interface Cursor {
  readonly term: number;
  readonly shard: number;
  readonly after: Uint8Array;
}

const cursorAddress: RowAddress = { kind: 'control', shardBy: 'store/rewrap', name: 'store/rewrap', version: 0 };

/**
 * Seals every row, and every head of a shard, that is of an older term anew under the current one, page by page. Others
 * may read and write meanwhile; they seal under the current term, so one walk is enough. Can be interrupted anywhere.
 *
 * @throws KeywardError `integrity` when a row is not as it was written; the signal's reason when it is aborted.
 */
export async function rewrapRows(parts: Parts, barrier: Barrier, options: RewrapRowsOptions): Promise<void> {
  const term = parts.keys.currentTerm;
  const start = await readCursor(barrier, term);
  // The head of the store is of the current term from here on, and with it whatever others commit.
  await putCursor(barrier, start.shard, start);
  for (const shard of allShards.slice(start.shard)) {
    options.onProgress?.({ step: 'rewrapping', part: shard / shardCount });
    let after = shard === start.shard && start.after.length > 0 ? start.after : undefined;
    for (let isLast = await isEmpty(parts, shard); !isLast; ) {
      options.signal?.throwIfAborted();
      const page = await parts.pages.page(Uint8Array.of(shard), after, pageRows);
      await rewrapPage(parts, barrier, page, options.renew);
      isLast = page.length < pageRows;
      after = page.at(-1)?.key ?? after;
      await putCursor(barrier, shard, { term, shard, after: after ?? new Uint8Array() });
      await options.rest?.();
    }
  }
}

/** Commits the mark of a walk at its beginning, and with it the head of the store, under the current term. */
export function beginRewrap(barrier: Barrier, term: number): Promise<void> {
  return putCursor(barrier, 0, { term, shard: 0, after: new Uint8Array() });
}

/** Takes the mark of how far it came away; the next walk begins at the first row. */
export async function forgetRewrap(barrier: Barrier): Promise<void> {
  await barrier.transact(async (view) => {
    const isThere = (await view.get(cursorAddress)) !== undefined;
    return { changes: { put: [], remove: isThere ? [cursorAddress] : [] }, result: undefined };
  });
}

/** Nothing was ever written to the shard: there is no head of it either. */
async function isEmpty({ reader }: Parts, shard: number): Promise<boolean> {
  return (await reader.read([], [shard])).shards.get(shard)?.headRow === undefined;
}

/** Each row in a transaction of its own: the barrier merges as many into one commit as it holds. */
async function rewrapPage(
  { keys, boxes }: Parts,
  barrier: Barrier,
  page: readonly Row[],
  renew: RenewBody,
): Promise<void> {
  const outdated = page.flatMap(({ key, value }) => {
    const kind = kindOfKey(key);
    if (kind === 'payload' || kind === 'shard-head' || kind === 'store-head') return [];
    if (kind === undefined) throw notAsWritten('a row has a key that Keyward does not make');
    const found = boxes.openFound(kind, key, value);
    return boxTerm(value) < keys.currentTerm || renew(found) !== undefined ? [found.address] : [];
  });
  await Promise.all(
    outdated.map((address) =>
      barrier.transact(async (view) => {
        const body = await view.get(address);
        const put: RowPut[] = body === undefined ? [] : [{ address, plaintext: renew({ address, body }) ?? body }];
        return { changes: { put, remove: [] }, result: undefined };
      }),
    ),
  );
}

async function readCursor(barrier: Barrier, term: number): Promise<Cursor> {
  const bytes = await barrier.get(cursorAddress);
  const cursor = bytes && decodeCursor(bytes);
  return cursor?.term === term ? cursor : { term, shard: 0, after: new Uint8Array() };
}

/** The commit looks at the shard, and so seals its head anew too where that is of an older term. */
async function putCursor(barrier: Barrier, shard: number, { term, after }: Cursor): Promise<void> {
  const anyRow = {
    kind: isControlShard(shard) ? 'control' : 'operation',
    shardBy: shard,
    name: '',
    version: 0,
  } as const;
  await barrier.transact(async (view) => {
    await view.get(anyRow);
    const plaintext = concat(u8(schema), u32(term), u8(shard), lp(after));
    return { changes: { put: [{ address: cursorAddress, plaintext }], remove: [] }, result: undefined };
  });
}

function decodeCursor(bytes: Uint8Array): Cursor {
  const reader = new ByteReader(bytes);
  const [rowSchema, term, shard, after] = [reader.u8(), reader.u32(), reader.u8(), reader.lp()];
  reader.end();
  if (rowSchema !== schema) throw notAsWritten('the mark of a rotation has an unknown form');
  return { term, shard, after };
}
