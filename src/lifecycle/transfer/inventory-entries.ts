import { emittableName, isGenericName, targetsOf } from '../../core/environment-names.js';
import { bareEntry, type Inventory, type InventoryEntry } from '../../core/inventory.js';
import type { Path } from '../../core/path.js';
import type { ImportItem } from './import-item.js';

/**
 * The entries that make the inventory emit every item under exactly its names: new ones, and present ones with what
 * they lack. An entry that already does is not among them.
 */
export function entriesFor(items: readonly ImportItem[], inventory: Inventory): readonly InventoryEntry[] {
  const changed = new Map<Path, InventoryEntry>();
  for (const item of items) {
    const before = changed.get(item.path) ?? inventory.get(item.path);
    const after = withItem(before ?? bareEntry(item.path), item, inventory.get(item.path));
    if (before === undefined || after !== before) changed.set(item.path, after);
  }
  return [...changed.values()];
}

function withItem(entry: InventoryEntry, item: ImportItem, listed: InventoryEntry | undefined): InventoryEntry {
  const { field } = item;
  const withField = field === undefined || entry.fields?.includes(field) === true ? entry : addField(entry, field);
  const given = field === undefined ? entry.env : (entry.fieldEnv.get(field) ?? []);
  const wasListed = listed !== undefined && targetsOf(listed).some((target) => target.field === field);
  const names = namesToGive(item, given, wasListed);
  if (names.length === given.length) return withField;
  if (field === undefined) return { ...withField, env: names };
  return { ...withField, fieldEnv: new Map([...withField.fieldEnv, [field, names]]) };
}

function addField(entry: InventoryEntry, field: string): InventoryEntry {
  return { ...entry, fields: [...(entry.fields ?? []), field] };
}

/** A name is given only where the path does not already lead to exactly it, or where it is generic. */
function namesToGive(item: ImportItem, given: readonly string[], wasListed: boolean): readonly string[] {
  if (given.length > 0) return [...new Set([...given, ...item.names])];
  const derived = emittableName(item);
  const isDerived = item.names.every((name) => name === derived);
  if (isDerived && (wasListed || !item.names.some(isGenericName))) return [];
  // Given names stand alone, so the name by which a listed secret was found so far has to be among them.
  return [...new Set([...(wasListed && derived !== undefined ? [derived] : []), ...item.names])];
}
