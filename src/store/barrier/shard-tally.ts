import { addElement, subtractElement } from '../../crypto/set-hash.js';
import type { ShardHead } from './heads.js';
import type { DigestChange, DigestedRow } from './row-digests.js';
import { isAccounted, type ShardAccount } from './shard-accounts.js';
import type { KnownHead } from './verified-heads.js';

/** The account of a shard while a commit changes its rows. */
export class ShardTally {
  readonly before: ShardAccount;
  readonly #changes = new Map<string, DigestChange>();
  #count: number;
  #sum: Uint8Array;

  constructor(before: ShardAccount) {
    this.before = before;
    this.#count = before.count;
    this.#sum = before.sum;
  }

  subtract(id: string, key: Uint8Array, element: Uint8Array): void {
    this.#changes.set(id, { key, digest: undefined });
    this.#count -= 1;
    this.#sum = subtractElement(this.#sum, element);
  }

  add(id: string, row: DigestedRow, element: Uint8Array): void {
    this.#changes.set(id, row);
    this.#count += 1;
    this.#sum = addElement(this.#sum, element);
  }

  headAt(commit: number): ShardHead {
    return { commit, count: this.#count, sum: this.#sum };
  }

  accountAt(head: KnownHead & { readonly opened: ShardHead }): ShardAccount {
    const { shard } = this.before;
    const digests = isAccounted(shard, this.#count)
      ? this.before.digests?.with([...this.#changes.values()])
      : undefined;
    return { shard, head, ...head.opened, digests };
  }
}
