import type { Path } from './path.js';

/** What a project needs of one secret, as its `keyward.yaml` states it. */
export interface InventoryEntry {
  readonly path: Path;
  /** Names of the fields when the secret is a document; absent for a single value. */
  readonly fields?: readonly string[] | undefined;
  /** Environment names of a single value, first one wins when emitting. */
  readonly env: readonly string[];
  /** Environment names of fields of a document. */
  readonly fieldEnv: ReadonlyMap<string, readonly string[]>;
  readonly owner?: string | undefined;
  readonly purpose?: string | undefined;
  /** How often it is to be rotated, in milliseconds. */
  readonly rotateMs?: number | undefined;
  /** Whether a missing value is an error for `run`. True unless the inventory says otherwise. */
  readonly required: boolean;
}

/** The `secrets:` part of a configuration, by path. */
export type Inventory = ReadonlyMap<Path, InventoryEntry>;

export const emptyInventory: Inventory = new Map();

/** An entry with nothing but its path. */
export function bareEntry(path: Path): InventoryEntry {
  return { path, env: [], fieldEnv: new Map(), required: true };
}
