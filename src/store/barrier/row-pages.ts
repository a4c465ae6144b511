import type { PhysicalStore, Row } from '../physical/physical-store.js';
import { shardOfKey } from './row-keys.js';
import type { ShardAccount } from './shard-accounts.js';
import { changedTooFast, maxTries, type VerifiedReader } from './verified-reader.js';

/** Verified rows whose keys begin with a prefix, page by page. */
export class RowPages {
  readonly #physical: PhysicalStore;
  readonly #reader: VerifiedReader;

  constructor(physical: PhysicalStore, reader: VerifiedReader) {
    this.#physical = physical;
    this.#reader = reader;
  }

  /** At most `limit` rows after `after`, in key order, all of one snapshot, none left out in an accounted shard. */
  async page(prefix: Uint8Array, after: Uint8Array | undefined, limit: number): Promise<readonly Row[]> {
    const shard = shardOfKey(prefix);
    for (let tries = 0; tries < maxTries; tries++) {
      const before = (await this.#reader.read([], [shard])).shards.get(shard)?.account;
      const keys = await this.#keys(before, prefix, after, limit);
      const snapshot = await this.#reader.read(keys, [shard]);
      if (snapshot.shards.get(shard)?.account.head === before?.head) {
        return snapshot.rows.filter((row) => row !== undefined);
      }
    }
    throw changedTooFast();
  }

  async #keys(
    account: ShardAccount | undefined,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): Promise<readonly Uint8Array[]> {
    if (account?.digests === undefined) {
      const keys: Uint8Array[] = [];
      for await (const row of this.#physical.list(prefix, { after, limit })) keys.push(row.key);
      return keys;
    }
    return account.digests.keys(prefix, after, limit);
  }
}
