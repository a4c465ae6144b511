import { KeywardError } from '../../core/errors.js';
import { equalBytes } from '../../crypto/encoding.js';
import { type CommitLimits, commitLimits, type Row } from '../physical/physical-store.js';
import type { RowAddress, RowChanges, RowPut, RowView } from './barrier.js';
import { notAsWritten } from './integrity-error.js';
import { boxOverhead, type RowBoxes } from './row-boxes.js';
import { shardOfKey } from './row-keys.js';

/** A row to be written, or (without `put`) removed. */
export interface Change {
  readonly key: Uint8Array;
  readonly put: (Pick<RowPut, 'address' | 'dataKey'> & { readonly frame: Uint8Array }) | undefined;
}

/** Bytes that the change takes in the commit. */
export function committedLength({ key, put }: Change): number {
  return key.length + (put === undefined ? 0 : put.frame.length + boxOverhead);
}

/** An upper bound for the sealed head of a shard or of the store. */
const headBytes = 128;

/** Whether a commit with so many changes, of so many bytes, and the heads of so many shards keeps to the limits. */
export function isWithin(
  limits: CommitLimits,
  { changes, shards, bytes }: { readonly changes: number; readonly shards: number; readonly bytes: number },
): boolean {
  const heads = shards + 1;
  return changes + heads <= limits.rows && bytes + heads * headBytes <= limits.bytes;
}

/** Where a row lies: its key, and the key in hex. */
export interface Located {
  readonly key: Uint8Array;
  readonly id: string;
}

/** What a transaction stands on: the snapshot, and the changes of the transactions taken in before it. */
export interface Ground {
  locate(address: RowAddress): Located;
  load(rows: readonly Located[]): Promise<void>;
  row(id: string): Row | undefined;
  change(id: string): Change | undefined;
}

/** One transaction's reads and changes, by key in hex, before it is taken into the draft. */
export class DraftPart implements RowView {
  /** The shards of all rows that it reads or changes. */
  readonly touched = new Set<number>();
  readonly changes = new Map<string, Change>();
  readonly #ground: Ground;
  readonly #boxes: RowBoxes;

  constructor(ground: Ground, boxes: RowBoxes) {
    this.#ground = ground;
    this.#boxes = boxes;
  }

  async get(address: RowAddress, dataKey?: Uint8Array): Promise<Uint8Array | undefined> {
    const located = this.#ground.locate(address);
    await this.#read([located]);
    return this.#open(address, located, dataKey);
  }

  async getMany(addresses: readonly RowAddress[]): Promise<readonly (Uint8Array | undefined)[]> {
    const wanted = addresses.map((address) => ({ address, located: this.#ground.locate(address) }));
    await this.#read(wanted.map(({ located }) => located));
    return wanted.map(({ address, located }) => this.#open(address, located));
  }

  /** Notes what is to be changed. */
  stage(changes: RowChanges): void {
    for (const { address, plaintext, dataKey } of changes.put) {
      this.#note(this.#ground.locate(address), { address, dataKey, frame: this.#boxes.frame(address, plaintext) });
    }
    for (const address of changes.remove) this.#note(this.#ground.locate(address), undefined);
  }

  /** Whether it could be a commit of its own on no driver: then it is refused on every one. */
  get isTooLarge(): boolean {
    const bytes = [...this.changes.values()].reduce((total, change) => total + committedLength(change), 0);
    return !isWithin(commitLimits, { changes: this.changes.size, shards: this.touched.size, bytes });
  }

  #note({ id, key }: Located, put: Change['put']): void {
    if (this.changes.has(id)) throw new KeywardError('internal', 'a transaction changes one row twice');
    this.changes.set(id, { key, put });
    this.touched.add(shardOfKey(key));
  }

  async #read(rows: readonly Located[]): Promise<void> {
    await this.#ground.load(rows);
    for (const { key } of rows) this.touched.add(shardOfKey(key));
  }

  #open(address: RowAddress, { id, key }: Located, dataKey?: Uint8Array): Uint8Array | undefined {
    const change = this.#ground.change(id);
    if (change === undefined) {
      const row = this.#ground.row(id);
      return row && this.#boxes.open(address, key, row.value, dataKey);
    }
    if (change.put === undefined) return undefined;
    // As a sealed row would behave that is opened with another key or as another version.
    const { dataKey: sealedWith, address: sealedAs } = change.put;
    const isSameKey = sealedWith === undefined || (dataKey !== undefined && equalBytes(sealedWith, dataKey));
    if (!isSameKey || sealedAs.version !== address.version) throw notAsWritten('a row does not open');
    return this.#boxes.unframe(address, change.put.frame).slice();
  }
}
