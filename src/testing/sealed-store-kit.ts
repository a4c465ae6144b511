import type { Clock } from '../core/clock.js';
import type { Finding } from '../core/finding.js';
import type { Observer } from '../core/observer.js';
import type { AnchorPlace } from '../store/barrier/anchor-keeper.js';
import type { Barrier, RowAddress, RowPut } from '../store/barrier/barrier.js';
import { createKeyring, type Keyring } from '../store/barrier/keyring.js';
import type { SealedBarrier } from '../store/barrier/sealed-barrier.js';
import { createSealedStore, openSealedStore } from '../store/barrier/sealed-store.js';
import { keyText } from '../store/physical/key-order.js';
import { MemorySequencer } from '../store/physical/memory/memory-sequencer.js';
import { MemoryStore } from '../store/physical/memory/memory-store.js';
import { type CommitLimits, commitLimits, type PhysicalStore, type Row } from '../store/physical/physical-store.js';
import { FakeClock } from './fake-clock.js';
import { InterceptedStore } from './intercepted-store.js';
import { MemoryAnchor } from './memory-anchor.js';
import { MemoryKeyring } from './memory-keyring.js';

/** A sealed store in memory whose rows can be changed behind its back. */
export class SealedStoreKit {
  readonly memory: MemoryStore;
  readonly physical: InterceptedStore;
  readonly anchorFile = new MemoryAnchor();
  readonly findings: Finding[] = [];
  readonly storeId = 'store-under-test';
  readonly clock: Clock;
  /** The one that the store was made with. */
  readonly keyring: Keyring;
  readonly keyringPlace: MemoryKeyring;
  readonly anchor: AnchorPlace;
  #revisions = 0;

  private constructor(clock: Clock, limits: CommitLimits) {
    this.memory = new MemoryStore(limits);
    this.physical = new InterceptedStore(this.memory);
    this.clock = clock;
    this.keyring = createKeyring(clock);
    this.keyringPlace = new MemoryKeyring(this.keyring);
    this.anchor = { file: this.anchorFile, sequencer: new MemorySequencer(clock) };
  }

  /** @param limits what a commit may hold; what every driver takes when absent. */
  static async create(clock: Clock = new FakeClock(), limits: CommitLimits = commitLimits): Promise<SealedStoreKit> {
    const kit = new SealedStoreKit(clock, limits);
    await createSealedStore(kit);
    kit.physical.commits = 0;
    kit.anchorFile.writes = 0;
    return kit;
  }

  open(onRollback: 'refuse' | 'warn' = 'refuse', physical: PhysicalStore = this.physical): Promise<SealedBarrier> {
    const { storeId, keyringPlace, clock, anchor } = this;
    const observer = this.#observer();
    const [keyring, reloadKeyring] = [keyringPlace.now, () => keyringPlace.read()];
    return openSealedStore({ physical, storeId, keyring, reloadKeyring, clock, anchor, onRollback, observer });
  }

  /** With another keyring. */
  openWith(keyring: Keyring): Promise<Barrier> {
    const { physical, storeId, clock, anchor } = this;
    return openSealedStore({
      physical,
      storeId,
      keyring,
      clock,
      anchor,
      onRollback: 'refuse',
      observer: this.#observer(),
    });
  }

  /** Without an anchor. */
  openUnanchored(): Promise<Barrier> {
    const { physical, storeId, keyring, clock } = this;
    return openSealedStore({ physical, storeId, keyring, clock, onRollback: 'refuse', observer: this.#observer() });
  }

  /** All rows in key order. */
  rows(): readonly Row[] {
    const { rows } = this.memory.snapshot();
    return [...rows.keys()].sort().flatMap((text) => rows.get(text) ?? []);
  }

  /** Puts exactly these rows in the place of all others, as somebody who has the files could. */
  replaceRows(rows: readonly Row[]): void {
    const { revision } = this.memory.snapshot();
    this.memory.restore({ rows: new Map(keyed(rows)), revision });
  }

  /** Puts these rows beside or over the others. */
  putRows(rows: readonly Row[]): void {
    const { rows: present, revision } = this.memory.snapshot();
    this.memory.restore({ rows: new Map([...present, ...keyed(rows)]), revision });
  }

  removeRow(key: Uint8Array): void {
    this.replaceRows(this.rows().filter((row) => keyText(row.key) !== keyText(key)));
  }

  /** A row that was never written like this, under a revision that no row ever had. */
  forged(key: Uint8Array, value: Uint8Array): Row {
    this.#revisions += 1;
    return { key, value, revision: `forged-${this.#revisions}` };
  }

  #observer(): Observer {
    return { finding: (finding) => void this.findings.push(finding), access() {} };
  }
}

function keyed(rows: readonly Row[]): readonly (readonly [string, Row])[] {
  return rows.map((row) => [keyText(row.key), row] as const);
}

/** Writes and removes rows in one transaction. */
export function change(barrier: Barrier, put: readonly RowPut[], remove: readonly RowAddress[] = []): Promise<void> {
  return barrier.transact(async () => ({ changes: { put, remove }, result: undefined }));
}
