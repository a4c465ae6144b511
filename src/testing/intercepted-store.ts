import type { Commit, CommitLimits, CommitOutcome, PhysicalStore, Row } from '../store/physical/physical-store.js';

/** Commits as it is told to; everything else passes through. Counts both. */
export class InterceptedStore implements PhysicalStore {
  readonly #inner: PhysicalStore;
  commits = 0;
  reads = 0;
  onCommit: ((commit: Commit, proceed: () => Promise<CommitOutcome>) => Promise<CommitOutcome>) | undefined;

  constructor(inner: PhysicalStore) {
    this.#inner = inner;
  }

  get limits(): CommitLimits {
    return this.#inner.limits;
  }

  get(keys: readonly Uint8Array[]): Promise<readonly (Row | undefined)[]> {
    this.reads += 1;
    return this.#inner.get(keys);
  }

  list(...args: Parameters<PhysicalStore['list']>): AsyncIterable<Row> {
    return this.#inner.list(...args);
  }

  commit(commit: Commit): Promise<CommitOutcome> {
    this.commits += 1;
    const proceed = () => this.#inner.commit(commit);
    return this.onCommit === undefined ? proceed() : this.onCommit(commit, proceed);
  }

  watch(...args: Parameters<PhysicalStore['watch']>): () => void {
    return this.#inner.watch(...args);
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
}
