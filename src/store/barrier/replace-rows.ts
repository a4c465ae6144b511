import { KeywardError } from '../../core/errors.js';
import type { OnProgress } from '../../core/progress.js';
import { addElement, emptySum } from '../../crypto/set-hash.js';
import type { NewRow } from '../physical/physical-store.js';
import type { Barrier, RowPut } from './barrier.js';
import { type StoreHead, sealShardHead, sealStoreHead } from './heads.js';
import type { Keyring } from './keyring.js';
import type { FoundRow } from './row-boxes.js';
import { shardHeadKey, shardOfKey, storeHeadKey } from './row-keys.js';
import { type StoreParts, wireStore } from './store-parts.js';
import { verifyAll } from './verify-all.js';

/** What seals for the keys that come. */
export type NextSeals = Pick<Barrier, 'wrapDataKey' | 'mac'>;

export interface ReplaceRowsOptions {
  /** The rows that stand for one of before; payloads, which are not asked about, come with the row that knows their key. */
  readonly convert: (row: FoundRow, seals: NextSeals) => Promise<readonly RowPut[]>;
  /** What is added when all were asked about. */
  readonly complete: () => readonly RowPut[];
  readonly onProgress?: OnProgress | undefined;
}

const batchBytes = 1024 * 1024;

/**
 * Verifies the whole store and, in the same pass, writes it anew under other keys into new files, as one commit. Answers
 * the head that the store has then.
 *
 * @throws KeywardError `integrity` when a row is not as it was written, `conflict` when somebody commits meanwhile;
 * nothing has changed then.
 */
export async function replaceRows(
  parts: StoreParts,
  keyring: Keyring,
  options: ReplaceRowsOptions,
): Promise<StoreHead> {
  const { convert, complete, onProgress } = options;
  const after = wireStore({ ...parts, keyring });
  const seals: NextSeals = {
    wrapDataKey: (address, key) => after.boxes.wrapDataKey(after.rowKeys.keyOf(address), address.version, key),
    mac: (bytes) => after.keys.valueMac(bytes),
  };
  let head: StoreHead | undefined;
  await parts.physical.replaceAll(async (write) => {
    const before = (await parts.reader.read([])).head;
    const rows = new RowsInTheMaking(after, write);
    const add = async (found: FoundRow) => rows.add(await convert(found, seals));
    await verifyAll(parts, before, { onProgress, onRow: (_, found) => found && add(found) });
    await rows.add(complete());
    head = await rows.end(before);
  });
  after.keys.forget();
  if (head === undefined) throw new KeywardError('internal', 'the rows of the store were not replaced');
  return head;
}

/** Rows on their way into new files, with the accounts of their shards. */
class RowsInTheMaking {
  readonly #parts: StoreParts;
  readonly #write: (rows: readonly NewRow[]) => Promise<void>;
  readonly #accounts = new Map<number, { readonly count: number; readonly sum: Uint8Array }>();
  #waiting: NewRow[] = [];
  #waitingBytes = 0;

  constructor(parts: StoreParts, write: (rows: readonly NewRow[]) => Promise<void>) {
    this.#parts = parts;
    this.#write = write;
  }

  async add(puts: readonly RowPut[]): Promise<void> {
    const { rowKeys, boxes, keys } = this.#parts;
    for (const { address, plaintext, dataKey } of puts) {
      const key = rowKeys.keyOf(address);
      const value = boxes.seal(address, key, boxes.frame(address, plaintext), dataKey);
      const { count, sum } = this.#accounts.get(shardOfKey(key)) ?? { count: 0, sum: emptySum() };
      this.#accounts.set(shardOfKey(key), { count: count + 1, sum: addElement(sum, keys.element(key, value)) });
      await this.#put({ key, value });
    }
  }

  /** Adds the heads for the commit after this one. */
  async end(before: StoreHead): Promise<StoreHead> {
    const { boxes, keys } = this.#parts;
    const commit = before.commit + 1;
    let headHash = emptySum();
    for (const [shard, account] of this.#accounts) {
      const [key, value] = [shardHeadKey(shard), sealShardHead(boxes, shard, { commit, ...account })];
      headHash = addElement(headHash, keys.element(key, value));
      await this.#put({ key, value });
    }
    const head = { ...before, commit, headHash };
    await this.#put({ key: storeHeadKey, value: sealStoreHead(boxes, head) });
    await this.#write(this.#waiting);
    return head;
  }

  async #put(row: NewRow): Promise<void> {
    this.#waiting.push(row);
    this.#waitingBytes += row.value.length;
    if (this.#waitingBytes < batchBytes) return;
    await this.#write(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}
