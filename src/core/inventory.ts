import type { DerivedTemplate } from './derived-template.js';
import { baseOf, type Path, parentOf } from './path.js';
import { valueField } from './payload.js';
import type { Ref } from './ref.js';
import type { RolloutSettings } from './rollout-settings.js';
import type { RotationSchedule } from './rotation-schedule.js';
import type { RotatorSettings } from './rotator-settings.js';
import type { ValueForm } from './value-form.js';

/** What a project needs of one secret, as its `keyward.yaml` states it. */
export interface InventoryEntry {
  readonly path: Path;
  /** Names of the fields when the secret is a document; absent for a single value. */
  readonly fields?: readonly string[] | undefined;
  /** What the value is made of, when it is kept in no store; never together with `fields`. */
  readonly from?: DerivedTemplate | undefined;
  /** Environment names of a single value, first one wins when emitting. */
  readonly env: readonly string[];
  /** Environment names of fields of a document. */
  readonly fieldEnv: ReadonlyMap<string, readonly string[]>;
  /** What a single value must look like. */
  readonly form?: ValueForm | undefined;
  /** What fields of a document must look like; absent for none. */
  readonly fieldForms?: ReadonlyMap<string, ValueForm> | undefined;
  readonly owner?: string | undefined;
  readonly purpose?: string | undefined;
  /** When it is to be rotated. */
  readonly rotate?: RotationSchedule | undefined;
  /** What rotates it. */
  readonly rotator?: RotatorSettings | undefined;
  /** What tells consumers of a new value, in this order. */
  readonly rollouts?: readonly RolloutSettings[] | undefined;
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

/** Every value of the entry: the secret itself, or each of its fields. */
export function refsOf({ path, fields }: InventoryEntry): readonly Ref[] {
  return fields === undefined ? [{ path }] : fields.map((field) => ({ path, field }));
}

/** Where the inventory says that the value lies: a secret, or a field of a document. `undefined` when it lists neither. */
export function listedPlace(inventory: Inventory, { path, field }: Ref): Ref | undefined {
  const entry = inventory.get(path);
  if (field !== undefined) {
    if (entry?.fields === undefined) return entry !== undefined && field === valueField ? { path } : undefined;
    return entry.fields.includes(field) ? { path, field } : undefined;
  }
  if (entry !== undefined) return entry.fields === undefined ? { path } : undefined;
  const parent = parentOf(path);
  const isListed = parent !== '' && inventory.get(parent)?.fields?.includes(baseOf(path)) === true;
  return isListed ? { path: parent, field: baseOf(path) } : undefined;
}
