import { startsWith } from './key-order.js';
import type { Change } from './physical-store.js';

interface Watcher {
  readonly prefix: Uint8Array;
  readonly onChange: (change: Change) => void;
}

/** Those who wait for hints. Tells them in a later turn, so that none of them can hold up or break a commit. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();

  get isEmpty(): boolean {
    return this.#watchers.size === 0;
  }

  /** Returns how to stop; after that, nothing more is told. */
  add(prefix: Uint8Array, onChange: (change: Change) => void): () => void {
    const watcher = { prefix: Uint8Array.from(prefix), onChange };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Tells the watchers of these keys that they may have changed. */
  changed(keys: readonly Uint8Array[]): void {
    this.#tell('changed', (prefix) => keys.some((key) => startsWith(key, prefix)));
  }

  /** Tells everybody that something changed, which may be theirs. */
  changedSomewhere(): void {
    this.#tell('changed', () => true);
  }

  /** Tells everybody that hints may have been lost. */
  resync(): void {
    this.#tell('resync', () => true);
  }

  clear(): void {
    this.#watchers.clear();
  }

  #tell(change: Change, concerns: (prefix: Uint8Array) => boolean): void {
    for (const watcher of this.#watchers) {
      if (!concerns(watcher.prefix)) continue;
      setImmediate(() => {
        if (this.#watchers.has(watcher)) watcher.onChange(change);
      });
    }
  }
}
