import { type Clock, sleep, systemClock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import { acceptedCommit } from '../store/physical/accepted-commit.js';
import { compareKeys, keyText, startsWith } from '../store/physical/key-order.js';
import {
  type Change,
  type Commit,
  type CommitLimits,
  type CommitOutcome,
  commitLimits,
  type ListOptions,
  type PhysicalStore,
  type Row,
} from '../store/physical/physical-store.js';

/**
 * What becomes of a commit: `conflict` (nothing is applied), `unknown` (nothing is applied, and it cannot be told),
 * `unknown-applied` (all is applied, and it cannot be told), `unavailable` (nothing is applied, it throws).
 */
export type CommitFault = 'conflict' | 'unknown' | 'unknown-applied' | 'unavailable';

export interface FaultyStoreOptions {
  readonly clock?: Clock;
  /** How long each call takes before it begins. */
  readonly latencyMs?: number;
}

/** A physical store that fails, is slow, or lies, as told. Without orders it behaves as the one inside. */
export class FaultyStore implements PhysicalStore {
  readonly #inner: PhysicalStore;
  readonly #clock: Clock;
  readonly #commitFaults = new Map<number, CommitFault>();
  readonly #lies = new Map<string, (row: Row | undefined) => Row | undefined>();
  #latencyMs: number;
  #commits = 0;
  #isDown = false;

  constructor(inner: PhysicalStore, { clock = systemClock, latencyMs = 0 }: FaultyStoreOptions = {}) {
    this.#inner = inner;
    this.#clock = clock;
    this.#latencyMs = latencyMs;
  }

  get limits(): CommitLimits {
    return this.#inner.limits;
  }

  /** How many commits have been asked for. */
  get commits(): number {
    return this.#commits;
  }

  /** The n-th commit from now meets the fault; 1 is the next one. */
  failCommit(nth: number, fault: CommitFault): void {
    this.#commitFaults.set(this.#commits + nth, fault);
  }

  /** While down, every read and commit throws `unavailable`. */
  setDown(isDown: boolean): void {
    this.#isDown = isDown;
  }

  setLatency(latencyMs: number): void {
    this.#latencyMs = latencyMs;
  }

  /** The row is read with other bytes: by default with its last bit flipped. */
  corrupt(key: Uint8Array, change: (value: Uint8Array) => Uint8Array = flipLastBit): void {
    this.#lie(key, (row) => row && { ...row, value: change(Uint8Array.from(row.value)) });
  }

  /** The row is read with the bytes that it had before, under its present revision so that no commit notices. */
  replay(old: Row): void {
    const value = Uint8Array.from(old.value);
    this.#lie(old.key, (row) => ({ key: old.key, value, revision: row?.revision ?? old.revision }));
  }

  /** The row is read as absent. */
  drop(key: Uint8Array): void {
    this.#lie(key, () => undefined);
  }

  /** Ends all faults, those of later commits too. */
  heal(): void {
    this.#lies.clear();
    this.#commitFaults.clear();
    this.#isDown = false;
    this.#latencyMs = 0;
  }

  async get(keys: readonly Uint8Array[]): Promise<readonly (Row | undefined)[]> {
    const wanted = keys.map((key) => Uint8Array.from(key));
    await this.#begin();
    const rows = await this.#inner.get(wanted);
    return wanted.map((key, i) => this.#asRead(key, rows[i]));
  }

  list(prefix: Uint8Array, options: ListOptions = {}): AsyncIterable<Row> {
    const inner = this.#inner.list(prefix, { after: options.after });
    return this.#list(inner, Uint8Array.from(prefix), options);
  }

  async commit(commit: Commit): Promise<CommitOutcome> {
    this.#commits += 1;
    const fault = this.#commitFaults.get(this.#commits);
    const accepted = acceptedCommit(commit, this.limits);
    await this.#begin();
    const cause = new KeywardError('unavailable', 'the connection was lost during the commit');
    if (fault === 'conflict') return { kind: 'conflict' };
    if (fault === 'unavailable') throw cause;
    if (fault === 'unknown') return { kind: 'unknown', cause };
    const outcome = await this.#inner.commit(accepted);
    return fault === 'unknown-applied' ? { kind: 'unknown', cause } : outcome;
  }

  watch(prefix: Uint8Array, onChange: (change: Change) => void): () => void {
    return this.#inner.watch(prefix, onChange);
  }

  compact(): Promise<void> {
    return this.#inner.compact();
  }

  replaceAll(...args: Parameters<PhysicalStore['replaceAll']>): Promise<void> {
    return this.#inner.replaceAll(...args);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async *#list(inner: AsyncIterable<Row>, prefix: Uint8Array, options: ListOptions): AsyncGenerator<Row> {
    await this.#begin();
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    if (left === 0) return;
    for await (const row of this.#withInvented(inner, prefix, options)) {
      if (this.#isDown) throw downError();
      yield row;
      left -= 1;
      if (left === 0) return;
    }
  }

  /** The rows as they are read, in order, with those that only a lie has. */
  async *#withInvented(inner: AsyncIterable<Row>, prefix: Uint8Array, options: ListOptions): AsyncGenerator<Row> {
    const invented = [...this.#lies.values()].flatMap((lie) => lie(undefined) ?? []);
    const waiting = invented.filter(({ key }) => isListed(key, prefix, options));
    waiting.sort((a, b) => compareKeys(a.key, b.key));
    for await (const row of inner) {
      while (waiting[0] !== undefined && compareKeys(waiting[0].key, row.key) < 0) yield* waiting.splice(0, 1);
      if (waiting[0] !== undefined && compareKeys(waiting[0].key, row.key) === 0) waiting.shift();
      const read = this.#asRead(row.key, row);
      if (read !== undefined) yield read;
    }
    yield* waiting;
  }

  async #begin(): Promise<void> {
    if (this.#latencyMs > 0) await sleep(this.#clock, this.#latencyMs);
    if (this.#isDown) throw downError();
  }

  #lie(key: Uint8Array, lie: (row: Row | undefined) => Row | undefined): void {
    this.#lies.set(keyText(key), lie);
  }

  #asRead(key: Uint8Array, row: Row | undefined): Row | undefined {
    const lie = this.#lies.get(keyText(key));
    return lie === undefined ? row : lie(row);
  }
}

/** All rows of a store, to be put back by `rollBack`. */
export async function copyRows(store: PhysicalStore): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const row of store.list(new Uint8Array())) rows.push(row);
  return rows;
}

/**
 * Makes the store hold exactly the rows of a copy, as one who may write its files can. The rows that differ get new
 * revisions; `MemoryStore.restore` brings back the old ones too.
 */
export async function rollBack(store: PhysicalStore, copy: readonly Row[]): Promise<void> {
  const now = new Map((await copyRows(store)).map((row) => [keyText(row.key), row]));
  const wanted = new Map(copy.map((row) => [keyText(row.key), row]));
  for (const [text, row] of wanted) {
    const present = now.get(text);
    if (present !== undefined && compareKeys(present.value, row.value) === 0) continue;
    await apply(store, { require: [{ key: row.key, revision: present?.revision }], put: [row], remove: [] });
  }
  const extra = [...now].filter(([text]) => !wanted.has(text)).map(([, row]) => row);
  for (let start = 0; start < extra.length; start += commitLimits.rows) {
    const rows = extra.slice(start, start + commitLimits.rows);
    await apply(store, { require: rows, put: [], remove: rows.map(({ key }) => key) });
  }
}

async function apply(store: PhysicalStore, commit: Commit): Promise<void> {
  const { kind } = await store.commit(commit);
  if (kind !== 'committed') throw new KeywardError('internal', `rolling a store back met the outcome ${kind}`);
}

function isListed(key: Uint8Array, prefix: Uint8Array, { after }: ListOptions): boolean {
  return startsWith(key, prefix) && (after === undefined || compareKeys(key, after) > 0);
}

function flipLastBit(value: Uint8Array): Uint8Array {
  const last = value.length - 1;
  value[last] = (value[last] ?? 0) ^ 1;
  return value;
}

function downError(): KeywardError {
  return new KeywardError('unavailable', 'the store is down');
}
