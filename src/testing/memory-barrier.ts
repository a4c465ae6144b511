import { KeywardError } from '../core/errors.js';
import type { RowKind } from '../crypto/box-kinds.js';
import { prf, sha256 } from '../crypto/derive.js';
import { concat, equalBytes, lp, toHex, u8, u64 } from '../crypto/encoding.js';
import { randomBytes } from '../crypto/random.js';
import type { Barrier, RowAddress, RowView, Transaction } from '../store/barrier/barrier.js';

interface StoredRow {
  readonly address: RowAddress;
  readonly plaintext: Uint8Array;
  readonly dataKey: Uint8Array | undefined;
}

/**
 * A barrier without encryption, for fast tests of what lies above it: rows by address, one transaction at a time, and the
 * refusals of the real one: another version or data key than a row was written with, and every use after `seal()`.
 */
export class MemoryBarrier implements Barrier {
  readonly storeId = 'memory';
  readonly #key = randomBytes(32);
  #rows: ReadonlyMap<string, StoredRow> = new Map();
  #commits = 0;
  #isSealed = false;
  #last: Promise<unknown> = Promise.resolve();

  /** How many rows of the kind there are. */
  count(kind: RowKind): number {
    return [...this.#open().values()].filter((row) => row.address.kind === kind).length;
  }

  shardOf(shardBy: string): number {
    return (sha256(lp(shardBy))[0] ?? 0) % 0xf0;
  }

  async position(): Promise<{ epoch: number; commit: number }> {
    return { epoch: 1, commit: this.#commits };
  }

  async get(address: RowAddress, dataKey?: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#read(address, dataKey);
  }

  async getMany(addresses: readonly RowAddress[]): Promise<readonly (Uint8Array | undefined)[]> {
    return addresses.map((address) => this.#read(address));
  }

  async has(address: RowAddress): Promise<boolean> {
    return this.#open().has(this.#keyOf(address));
  }

  transact<T>(build: (view: RowView) => Promise<Transaction<T>>): Promise<T> {
    const turn = this.#last.then(async () => {
      const { changes, result } = await build(this);
      const rows = new Map(this.#open());
      for (const { address, plaintext, dataKey } of changes.put) {
        rows.set(this.#keyOf(address), { address, plaintext: Uint8Array.from(plaintext), dataKey: dataKey?.slice() });
      }
      for (const address of changes.remove) {
        if (!rows.delete(this.#keyOf(address))) throw new KeywardError('internal', 'a row to remove does not exist');
      }
      this.#rows = rows;
      this.#commits += 1;
      return result;
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async listDirectory(
    directory: string,
    { after, limit }: { readonly after?: Uint8Array | undefined; readonly limit: number },
  ): Promise<readonly { readonly plaintext: Uint8Array; readonly position: Uint8Array }[]> {
    return [...this.#open().values()]
      .filter(({ address }) => address.kind === 'directory' && address.name === directory)
      .map(({ address, plaintext }) => ({ plaintext, position: sha256(lp(address.childName ?? '')) }))
      .sort((a, b) => Buffer.compare(a.position, b.position))
      .filter(({ position }) => after === undefined || Buffer.compare(position, after) > 0)
      .slice(0, limit);
  }

  async *listKind(kind: RowKind): AsyncIterable<Uint8Array> {
    for (const row of this.#open().values()) if (row.address.kind === kind) yield row.plaintext;
  }

  wrapDataKey(address: RowAddress, dataKey: Uint8Array): Uint8Array {
    return concat(dataKey, this.#wrapCheck(address, dataKey));
  }

  unwrapDataKey(address: RowAddress, wrapped: Uint8Array): Uint8Array {
    const dataKey = wrapped.slice(0, 32);
    if (!equalBytes(wrapped, this.wrapDataKey(address, dataKey))) throw damaged();
    return dataKey;
  }

  rewrapDataKey(): undefined {
    return undefined;
  }

  mac(bytes: Uint8Array): Uint8Array {
    this.#open();
    return prf(this.#key, bytes);
  }

  async verifyAll(): Promise<{ readonly rows: number }> {
    return { rows: this.#open().size };
  }

  seal(): void {
    this.#isSealed = true;
  }

  async close(): Promise<void> {
    this.seal();
  }

  #open(): ReadonlyMap<string, StoredRow> {
    if (this.#isSealed) throw new KeywardError('sealed', 'the store is sealed');
    return this.#rows;
  }

  #read(address: RowAddress, dataKey?: Uint8Array): Uint8Array | undefined {
    const row = this.#open().get(this.#keyOf(address));
    if (row === undefined) return undefined;
    const isItsKey = equalBytes(row.dataKey ?? new Uint8Array(), dataKey ?? new Uint8Array());
    if (row.address.version !== address.version || !isItsKey) throw damaged();
    return Uint8Array.from(row.plaintext);
  }

  #keyOf({ kind, shardBy, name, childName = '', objectId = new Uint8Array() }: RowAddress): string {
    const shard = typeof shardBy === 'number' ? shardBy : this.shardOf(shardBy);
    return toHex(concat(u8(shard), lp(kind), lp(name), lp(childName), lp(objectId)));
  }

  #wrapCheck(address: RowAddress, dataKey: Uint8Array): Uint8Array {
    return prf(this.#key, lp(this.#keyOf(address)), u64(address.version), dataKey);
  }
}

function damaged(): KeywardError {
  return new KeywardError('integrity', 'a row was opened as another one');
}
