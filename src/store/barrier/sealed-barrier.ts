import { KeywardError } from '../../core/errors.js';
import type { RollbackStatus } from '../../core/maintenance.js';
import { boxTerm } from '../../crypto/box.js';
import type { RowKind } from '../../crypto/box-kinds.js';
import { boxKinds } from '../../crypto/box-kinds.js';
import { concat } from '../../crypto/encoding.js';
import type { NewRow } from '../physical/physical-store.js';
import { openAnchor } from './anchor.js';
import type { AnchorKeeper, AnchorPlace } from './anchor-keeper.js';
import type { Barrier, RowAddress, RowView, StorePosition, Transaction } from './barrier.js';
import { CommitQueue } from './commit-queue.js';
import { beginEpoch, placeAnchor } from './epoch.js';
import { openStoreHead } from './heads.js';
import { notAsWritten } from './integrity-error.js';
import type { Keyring } from './keyring.js';
import { type ReplaceRowsOptions, replaceRows } from './replace-rows.js';
import { type RewrapRowsOptions, rewrapRows } from './rewrap-rows.js';
import { kindOfKey, shardsOfKind } from './row-keys.js';
import { type ScrubOptions, scrub } from './scrub.js';
import { type StoreParts, wireStore } from './store-parts.js';
import { type VerifyAllOptions, verifyAll } from './verify-all.js';

const positionBytes = 16;
const scanPage = 100;

/** The anchor of a store that was opened. */
export interface OpenAnchor {
  readonly place: AnchorPlace | undefined;
  readonly keeper: AnchorKeeper | undefined;
  /** The epoch of a store that was opened although it is behind its anchor. */
  readonly disputedEpoch: number | undefined;
}

/** The barrier over a physical store whose keyring is open. Made by `openSealedStore`. */
export class SealedBarrier implements Barrier {
  readonly storeId: string;
  readonly #parts: StoreParts;
  readonly #queue: CommitQueue;
  readonly #anchor: OpenAnchor;

  constructor(parts: StoreParts, anchor: OpenAnchor) {
    this.storeId = parts.storeId;
    this.#parts = parts;
    this.#anchor = anchor;
    this.#queue = new CommitQueue({
      ...parts,
      rollbackDisputed: () => this.#isDisputed(),
      onCommitted: (head) => {
        if (parts.keys.isOpen && !head.rollbackDisputed) anchor.keeper?.note(head);
      },
    });
  }

  shardOf(shardBy: string): number {
    return this.#parts.rowKeys.shardOf(shardBy, 'operation');
  }

  async position(): Promise<StorePosition> {
    const { epoch, commit } = (await this.#parts.reader.read([])).head;
    return { epoch, commit };
  }

  async get(address: RowAddress, dataKey?: Uint8Array): Promise<Uint8Array | undefined> {
    const { rowKeys, reader, boxes } = this.#parts;
    const key = rowKeys.keyOf(address);
    const row = await reader.row(key);
    return row && boxes.open(address, key, row.value, dataKey);
  }

  async getMany(addresses: readonly RowAddress[]): Promise<readonly (Uint8Array | undefined)[]> {
    const { rowKeys, reader, boxes } = this.#parts;
    const wanted = addresses.map((address) => ({ address, key: rowKeys.keyOf(address) }));
    const { rows } = await reader.read(wanted.map(({ key }) => key));
    return wanted.map(({ address, key }, index) => {
      const row = rows[index];
      return row && boxes.open(address, key, row.value);
    });
  }

  async has(address: RowAddress): Promise<boolean> {
    return (await this.#parts.reader.row(this.#parts.rowKeys.keyOf(address))) !== undefined;
  }

  async transact<T>(
    build: (view: RowView) => Promise<Transaction<T>>,
    expected: readonly RowAddress[] = [],
  ): Promise<T> {
    this.#parts.keys.assertOpen();
    return this.#queue.submit(build, expected);
  }

  async listDirectory(
    directory: string,
    options: { readonly after?: Uint8Array | undefined; readonly limit: number },
  ): Promise<readonly { readonly plaintext: Uint8Array; readonly position: Uint8Array }[]> {
    const { rowKeys, pages, boxes } = this.#parts;
    if (options.after !== undefined && options.after.length !== positionBytes) {
      throw new KeywardError('invalid', `a position in a directory has ${positionBytes} bytes`);
    }
    const prefix = rowKeys.directoryPrefix(directory);
    const rows = await pages.page(prefix, options.after && concat(prefix, options.after), options.limit);
    return rows.map(({ key, value }) => ({
      plaintext: boxes.openFound('directory', key, value).body,
      position: key.slice(prefix.length),
    }));
  }

  async *listKind(kind: RowKind): AsyncGenerator<Uint8Array> {
    if (kind === 'payload') throw new KeywardError('internal', 'payload rows open with their own data keys only');
    const { reader, pages, boxes } = this.#parts;
    const { shards } = await reader.read([], shardsOfKind(kind));
    for (const [shard, { account }] of shards) {
      if (account.count === 0) continue;
      const prefix = Uint8Array.of(shard, boxKinds[kind]);
      let after: Uint8Array | undefined;
      do {
        const rows = await pages.page(prefix, after, scanPage);
        for (const { key, value } of rows) yield boxes.openFound(kind, key, value).body;
        after = rows.length < scanPage ? undefined : rows.at(-1)?.key;
      } while (after !== undefined);
    }
  }

  wrapDataKey(address: RowAddress, dataKey: Uint8Array): Uint8Array {
    return this.#parts.boxes.wrapDataKey(this.#parts.rowKeys.keyOf(address), address.version, dataKey);
  }

  unwrapDataKey(address: RowAddress, wrapped: Uint8Array): Uint8Array {
    return this.#parts.boxes.unwrapDataKey(this.#parts.rowKeys.keyOf(address), address.version, wrapped);
  }

  rewrapDataKey(address: RowAddress, wrapped: Uint8Array): Uint8Array | undefined {
    return this.#parts.boxes.rewrapDataKey(this.#parts.rowKeys.keyOf(address), address.version, wrapped);
  }

  mac(bytes: Uint8Array): Uint8Array {
    return this.#parts.keys.valueMac(bytes);
  }

  async verifyAll(options: VerifyAllOptions = {}): Promise<{ readonly rows: number }> {
    this.#parts.keys.assertOpen();
    return verifyAll(this.#parts, this.#parts.reader.head, options);
  }

  /**
   * Every row of one moment as it lies there, sealed; the head of the store comes last.
   *
   * @throws KeywardError `integrity` when it ends without a head that opens.
   */
  async *snapshot(): AsyncGenerator<NewRow, StorePosition> {
    const { physical, keys, boxes } = this.#parts;
    keys.assertOpen();
    let head: StorePosition | undefined;
    for await (const { key, value } of physical.list(new Uint8Array(0))) {
      if (kindOfKey(key) === 'store-head') {
        await keys.learn(boxTerm(value));
        head = openStoreHead(boxes, value);
      }
      yield { key, value };
    }
    if (head === undefined) throw notAsWritten('the head of the store is missing');
    return { epoch: head.epoch, commit: head.commit };
  }

  /** The term under which this process seals. */
  get currentTerm(): number {
    return this.#parts.keys.currentTerm;
  }

  /** Seals under the newest term of this keyring from now on. @throws KeywardError as `StoreKeys.adopt`. */
  adoptKeyring(keyring: Keyring): void {
    this.#parts.keys.adopt(keyring);
  }

  /** Seals what is of older terms anew, from where an earlier run was interrupted. */
  rewrapRows(options: RewrapRowsOptions): Promise<void> {
    return rewrapRows(this.#parts, this, options);
  }

  /**
   * Writes everything anew under another keyring, and the anchor with it; nobody else may have the store open. This
   * process goes on under the keys of before, which open nothing any more.
   *
   * @throws KeywardError `conflict` while a rollback is disputed, or when somebody commits meanwhile; `integrity`.
   */
  async replaceRows(keyring: Keyring, options: ReplaceRowsOptions): Promise<void> {
    if (this.#isDisputed()) {
      throw new KeywardError('conflict', 'the store is older than its anchor: its keys are not replaced', {
        advice: 'Accept the rollback first, if it was yours: keyward store accept-rollback',
      });
    }
    await this.#queue.drained();
    const head = await replaceRows(this.#parts, keyring, options);
    const replaced = wireStore({ ...this.#parts, keyring });
    await verifyAll(replaced, head, { onProgress: options.onProgress });
    await placeAnchor(replaced, this.#anchor.place, head);
    replaced.keys.forget();
  }

  /** Compares the shards that are too large for reads to verify them. @throws KeywardError `integrity` */
  scrub(options: ScrubOptions = {}): Promise<number> {
    return scrub(this.#parts, options);
  }

  /** How the store compares with its anchor. */
  async rollbackStatus(): Promise<RollbackStatus> {
    const store = await this.position();
    const file = this.#anchor.place?.file;
    const [bytes, writtenAt] = [file?.read(), file?.writtenAt()];
    const position = bytes && openAnchor(this.#parts.keys, this.storeId, bytes);
    const { epoch, commit } = position ?? {};
    const isKnown = epoch !== undefined && commit !== undefined && writtenAt !== undefined;
    return { isDisputed: this.#isDisputed(), store, anchor: isKnown ? { epoch, commit, writtenAt } : undefined };
  }

  /** As the function `acceptRollback`; this process goes on in the new epoch. */
  async acceptRollback(): Promise<StorePosition> {
    await this.#queue.drained();
    await beginEpoch(this.#parts, this.#anchor.place);
    return this.position();
  }

  /** Until somebody accepts the rollback, which begins an epoch. */
  #isDisputed(): boolean {
    const { epoch, rollbackDisputed } = this.#parts.reader.head;
    return rollbackDisputed || epoch === this.#anchor.disputedEpoch;
  }

  seal(): void {
    this.#parts.keys.forget();
  }

  /** Waits for running transactions, writes the anchor and seals. The physical store stays open. */
  async close(): Promise<void> {
    await this.#queue.drained();
    await this.#anchor.keeper?.flush();
    this.seal();
  }
}
