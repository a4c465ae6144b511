import { KeywardError } from '../../core/errors.js';
import { boxTerm } from '../../crypto/box.js';
import { sha256 } from '../../crypto/derive.js';
import { equalBytes, toHex } from '../../crypto/encoding.js';
import { addElement, subtractElement } from '../../crypto/set-hash.js';
import type { Commit, CommitLimits, Row } from '../physical/physical-store.js';
import type { RowAddress } from './barrier.js';
import { type Change, committedLength, DraftPart, type Ground, isWithin, type Located } from './draft-part.js';
import { type StoreHead, sealShardHead, sealStoreHead } from './heads.js';
import type { RowBoxes } from './row-boxes.js';
import { rowDigest } from './row-digests.js';
import { type RowKeys, shardHeadKey, shardOfKey, storeHeadKey } from './row-keys.js';
import type { ShardAccount } from './shard-accounts.js';
import { ShardTally } from './shard-tally.js';
import type { StoreKeys } from './store-keys.js';
import type { NextState, ShardState, Snapshot, VerifiedReader } from './verified-reader.js';

/** What a draft needs of its barrier. */
export interface Workshop {
  readonly reader: VerifiedReader;
  readonly keys: StoreKeys;
  readonly rowKeys: RowKeys;
  readonly boxes: RowBoxes;
}

/** The store went on while a draft was read; the draft is to be begun again. */
export class SnapshotMoved extends Error {
  override readonly name = 'SnapshotMoved';
}

type PhysicalPut = Commit['put'][number];

/**
 * One commit in the making, on one snapshot. Transactions are taken in one after the other; each sees the changes of
 * those before it.
 */
export class Draft implements Ground {
  readonly #shop: Workshop;
  readonly #limits: CommitLimits;
  /** By the address itself: whoever uses one twice is answered at once. */
  readonly #located = new Map<RowAddress, Located>();
  /** By key in hex; the value is `undefined` where there is no row. */
  readonly #known = new Map<string, Row | undefined>();
  readonly #shards = new Map<number, ShardState>();
  /** Shards in which a transaction that was taken in has read or changes something. */
  readonly #touched = new Set<number>();
  readonly #changes = new Map<string, Change>();
  /** Keys and sealed values of the changes. */
  #bytes = 0;
  #base: Snapshot | undefined;
  #hasMoved = false;

  constructor(shop: Workshop, limits: CommitLimits) {
    this.#shop = shop;
    this.#limits = limits;
  }

  get hasChanges(): boolean {
    return this.#changes.size > 0;
  }

  /** Set once the snapshot is lost; nothing that was built on the draft counts then. */
  get hasMoved(): boolean {
    return this.#hasMoved;
  }

  begin(): DraftPart {
    return new DraftPart(this, this.#shop.boxes);
  }

  change(id: string): Change | undefined {
    return this.#changes.get(id);
  }

  row(id: string): Row | undefined {
    return this.#known.get(id);
  }

  locate(address: RowAddress): Located {
    const known = this.#located.get(address);
    if (known !== undefined) return known;
    const key = this.#shop.rowKeys.keyOf(address);
    const located = { key, id: toHex(key) };
    this.#located.set(address, located);
    return located;
  }

  /** Reads rows that are likely to be needed. What cannot be read is met again by the transaction that needs it. */
  async prefetch(addresses: readonly RowAddress[]): Promise<void> {
    await this.load(addresses.map((address) => this.locate(address))).catch(() => undefined);
  }

  /** Reads the rows that the changes replace, for their revisions and what they add to the accounts. @throws SnapshotMoved */
  loadReplaced(): Promise<void> {
    return this.load([...this.#changes].map(([id, { key }]) => ({ id, key })));
  }

  /** Reads what is not known yet. @throws SnapshotMoved */
  async load(rows: readonly Located[]): Promise<void> {
    const missing = rows.filter(({ id }) => !this.#known.has(id));
    if (missing.length === 0) return;
    const snapshot = await this.#shop.reader.read(missing.map(({ key }) => key));
    this.#base ??= snapshot;
    const { headRow } = this.#base;
    if (headRow.revision !== snapshot.headRow.revision || !equalBytes(headRow.value, snapshot.headRow.value)) {
      this.#hasMoved = true;
    }
    if (this.#hasMoved) throw new SnapshotMoved();
    for (const [index, { id }] of missing.entries()) this.#known.set(id, snapshot.rows[index]);
    for (const [shard, state] of snapshot.shards) this.#shards.set(shard, state);
  }

  /** Whether the commit would keep to the limits with this part in it. The work does not grow with the draft. */
  hasRoomFor(part: DraftPart): boolean {
    const changes = [...part.changes.keys()].filter((id) => !this.#changes.has(id));
    const shards = [...part.touched].filter((shard) => !this.#touched.has(shard));
    return isWithin(this.#limits, {
      changes: this.#changes.size + changes.length,
      shards: this.#touched.size + shards.length,
      bytes: this.#bytes + this.#bytesAddedBy(part),
    });
  }

  take(part: DraftPart): void {
    this.#bytes += this.#bytesAddedBy(part);
    for (const shard of part.touched) this.#touched.add(shard);
    for (const [id, change] of part.changes) this.#changes.set(id, change);
  }

  #bytesAddedBy(part: DraftPart): number {
    let bytes = 0;
    for (const [id, change] of part.changes) {
      const former = this.#changes.get(id);
      bytes += committedLength(change) - (former === undefined ? 0 : committedLength(former));
    }
    return bytes;
  }

  /** Seals everything. `rollbackDisputed` stays set once it is. */
  finish(rollbackDisputed: boolean): { readonly commit: Commit; readonly next: NextState } {
    const base = this.#base;
    if (base === undefined) throw new KeywardError('internal', 'a commit without a snapshot');
    const rows = this.#sealRows();
    const tallies = new Map([...this.#outdatedShards(), ...rows.tallies]);
    const heads = this.#sealHeads(base, tallies, rollbackDisputed);
    return {
      commit: { require: this.#requirements(base), put: [...rows.put, ...heads.put], remove: rows.remove },
      next: heads.next,
    };
  }

  #sealRows() {
    const { boxes, keys } = this.#shop;
    const tallies = new Map<number, ShardTally>();
    const put: PhysicalPut[] = [];
    const remove: Uint8Array[] = [];
    for (const [id, change] of this.#changes) {
      const { key } = change;
      const old = this.row(id);
      if (change.put === undefined && old === undefined) continue;
      const tally = tallies.get(shardOfKey(key)) ?? new ShardTally(this.#stateOf(shardOfKey(key)).account);
      tallies.set(shardOfKey(key), tally);
      if (old !== undefined) tally.subtract(id, key, keys.element(key, old.value));
      if (change.put === undefined) {
        remove.push(key);
        continue;
      }
      const value = boxes.seal(change.put.address, key, change.put.frame, change.put.dataKey);
      const hash = sha256(value);
      tally.add(id, { key, digest: rowDigest(hash) }, keys.element(key, value, hash));
      put.push({ key, value });
    }
    return { tallies, put, remove };
  }

  /** The heads of shards that the commit only read are sealed anew with it when they are of an older term. */
  #outdatedShards(): readonly (readonly [number, ShardTally])[] {
    const { currentTerm } = this.#shop.keys;
    const states = [...this.#touched].map((shard) => this.#stateOf(shard));
    const outdated = states.filter(({ headRow }) => headRow !== undefined && boxTerm(headRow.value) < currentTerm);
    return outdated.map(({ account }) => [account.shard, new ShardTally(account)] as const);
  }

  #sealHeads(base: Snapshot, tallies: ReadonlyMap<number, ShardTally>, rollbackDisputed: boolean) {
    const { boxes, keys } = this.#shop;
    const commit = base.head.commit + 1;
    const accounts: ShardAccount[] = [];
    const put: PhysicalPut[] = [];
    let { headHash } = base.head;
    for (const [shard, tally] of tallies) {
      const key = shardHeadKey(shard);
      const opened = tally.headAt(commit);
      const sealed = sealShardHead(boxes, shard, opened);
      const element = keys.element(key, sealed);
      const old = tally.before.head;
      headHash = addElement(old === undefined ? headHash : subtractElement(headHash, old.element), element);
      accounts.push(tally.accountAt({ sealed, element, after: old?.opened?.commit ?? 0, opened }));
      put.push({ key, value: sealed });
    }
    const { epoch } = base.head;
    const isDisputed = rollbackDisputed || base.head.rollbackDisputed;
    const head: StoreHead = { epoch, commit, headHash, rollbackDisputed: isDisputed };
    const sealedHead = sealStoreHead(boxes, head);
    put.push({ key: storeHeadKey, value: sealedHead });
    return { put, next: { sealedHead, head, accounts } };
  }

  /** A row that was only read is covered by the head of its shard: whoever changes a row seals that anew. */
  #requirements(base: Snapshot): Commit['require'] {
    return [
      { key: storeHeadKey, revision: base.headRow.revision },
      ...[...this.#touched].map((shard) => ({
        key: shardHeadKey(shard),
        revision: this.#stateOf(shard).headRow?.revision,
      })),
      ...[...this.#changes].map(([id, { key }]) => ({ key, revision: this.row(id)?.revision })),
    ];
  }

  #stateOf(shard: number): ShardState {
    const state = this.#shards.get(shard);
    if (state === undefined) throw new KeywardError('internal', 'a shard of a commit was never read');
    return state;
  }
}
