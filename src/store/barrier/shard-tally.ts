import { addElement, subtractElement } from '../../crypto/set-hash.js';
import type { ShardHead } from './heads.js';
import { isAccounted, type ShardAccount } from './shard-accounts.js';
import type { KnownHead } from './verified-heads.js';

/** The account of a shard while a commit changes its rows. */
export class ShardTally {
  readonly before: ShardAccount;
  readonly #elements: Map<string, Uint8Array> | undefined;
  #count: number;
  #sum: Uint8Array;

  constructor(before: ShardAccount) {
    this.before = before;
    this.#elements = before.elements && new Map(before.elements);
    this.#count = before.count;
    this.#sum = before.sum;
  }

  subtract(id: string, element: Uint8Array): void {
    this.#elements?.delete(id);
    this.#count -= 1;
    this.#sum = subtractElement(this.#sum, element);
  }

  add(id: string, element: Uint8Array): void {
    this.#elements?.set(id, element);
    this.#count += 1;
    this.#sum = addElement(this.#sum, element);
  }

  headAt(commit: number): ShardHead {
    return { commit, count: this.#count, sum: this.#sum };
  }

  accountAt(head: KnownHead & { readonly opened: ShardHead }): ShardAccount {
    const { shard } = this.before;
    const elements = isAccounted(shard, this.#count) ? this.#elements : undefined;
    return { shard, head, ...head.opened, elements };
  }
}
