import type { Clock } from '../../core/clock.js';
import type { PhysicalStore } from '../physical/physical-store.js';
import type { Keyring } from './keyring.js';
import { RowBoxes } from './row-boxes.js';
import { RowKeys } from './row-keys.js';
import { RowPages } from './row-pages.js';
import { ShardAccounts } from './shard-accounts.js';
import { type KeyringReload, StoreKeys } from './store-keys.js';
import { VerifiedHeads } from './verified-heads.js';
import { VerifiedReader } from './verified-reader.js';

/** The parts of an open store, wired. */
export interface StoreParts {
  readonly storeId: string;
  readonly physical: PhysicalStore;
  readonly clock: Clock;
  readonly keys: StoreKeys;
  readonly rowKeys: RowKeys;
  readonly boxes: RowBoxes;
  readonly reader: VerifiedReader;
  readonly pages: RowPages;
}

export function wireStore(options: {
  readonly physical: PhysicalStore;
  readonly storeId: string;
  readonly keyring: Keyring;
  readonly reloadKeyring?: KeyringReload | undefined;
  readonly clock: Clock;
}): StoreParts {
  const { physical, storeId, clock } = options;
  const keys = new StoreKeys(options.keyring, options.reloadKeyring);
  const rowKeys = new RowKeys(keys);
  const boxes = new RowBoxes(storeId, keys, rowKeys);
  const heads = new VerifiedHeads(boxes, keys);
  const reader = new VerifiedReader(physical, keys, heads, new ShardAccounts(physical, heads, keys));
  return { storeId, physical, clock, keys, rowKeys, boxes, reader, pages: new RowPages(physical, reader) };
}
