import {
  type EnvironmentTarget,
  emitEnvironment,
  emittableName,
  isValidEnvironmentName,
  lookupNames,
  targetsOf,
} from '../../core/environment-names.js';
import { isKeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { Inventory, InventoryEntry } from '../../core/inventory.js';
import { baseOf, type Path, parentOf, quoted } from '../../core/path.js';
import { formatRef } from '../../core/ref.js';
import type { Secret } from '../../core/secret.js';
import { guessTarget } from './guess-target.js';
import type { ImportItem } from './import-item.js';
import { entriesFor } from './inventory-entries.js';

/** One `NAME=value` of the source. */
export interface ImportPair {
  readonly name: string;
  readonly value: Secret;
  /** Where it stands, for example `.env:3`. */
  readonly where: string;
}

export interface ImportPlan {
  readonly items: readonly ImportItem[];
  /** What keyward.yaml must say for these items and does not say yet: new entries, and present ones that change. */
  readonly entries: readonly InventoryEntry[];
  /** What must be settled before the plan can be applied. */
  readonly problems: readonly Finding[];
}

export interface PlanOptions {
  readonly inventory: Inventory;
  /** An edited plan: the place of each name; a name without a place is left out. Absent: places are guessed. */
  readonly places?: ReadonlyMap<string, EnvironmentTarget> | undefined;
}

/**
 * What an import would do; reads and writes nothing. A name goes where the inventory already has it, else where
 * `guessTarget` says. Names that cannot be moved, one name or one place with two values, and places that exclude each
 * other are problems; nothing about a value but its equality enters the plan's texts.
 */
export function planImport(pairs: readonly ImportPair[], { inventory, places }: PlanOptions): ImportPlan {
  const problems: Finding[] = [];
  const known = places ?? namesOf(inventory);
  const names = pairs.map((pair) => pair.name);
  const items = new Map<string, ImportItem>();
  const seen = new Map<string, ImportPair>();
  for (const pair of pairs) {
    const { name, value, where } = pair;
    const target = known.get(name) ?? (places === undefined ? guess(pair, names, problems) : undefined);
    if (target === undefined) continue;
    const earlier = seen.get(name);
    seen.set(name, earlier ?? pair);
    if (earlier !== undefined && !earlier.value.equals(value)) {
      problems.push(problem(where, `${name} has another value at ${earlier.where}`, 'Keep one of the two.'));
      continue;
    }
    const ref = formatRef(target);
    const item = items.get(ref) ?? { path: target.path, field: target.field, names: [], value, where };
    if (!item.value.equals(value)) {
      const others = item.names.join(', ');
      problems.push(
        problem(where, `${name} and ${others} have different values but go to ${ref}`, `Give ${name} its own place.`),
      );
      continue;
    }
    items.set(ref, { ...item, names: [...new Set([...item.names, name])] });
  }
  const all = [...items.values()];
  problems.push(...placeProblems(all, inventory));
  const entries = entriesFor(all, inventory);
  if (problems.length === 0) problems.push(...emissionProblems(inventory, entries));
  return { items: all, entries, problems };
}

/** Names that lead to a place of the inventory: those it emits, then those by which exactly one place is found. */
function namesOf(inventory: Inventory): ReadonlyMap<string, EnvironmentTarget> {
  const targets = [...inventory.values()].flatMap(targetsOf);
  const byLookup = new Map<string, EnvironmentTarget | undefined>();
  const byEmission = new Map<string, EnvironmentTarget>();
  for (const target of targets) {
    for (const name of lookupNames(target, target.entry)) byLookup.set(name, byLookup.has(name) ? undefined : target);
    const emitted = emittableName(target, target.entry);
    if (emitted !== undefined) byEmission.set(emitted, target);
  }
  const names = new Map(byEmission);
  for (const [name, target] of byLookup) if (target !== undefined && !names.has(name)) names.set(name, target);
  return names;
}

function guess(
  { name, where }: ImportPair,
  names: readonly string[],
  problems: Finding[],
): EnvironmentTarget | undefined {
  const fix = 'Rename it or leave it out.';
  if (!isValidEnvironmentName(name)) {
    problems.push(problem(where, `${quoted(name)} is not an environment name`, fix));
    return undefined;
  }
  try {
    return guessTarget(name, names);
  } catch (error) {
    if (!isKeywardError(error, 'invalid')) throw error;
    problems.push(problem(where, `no path follows from ${quoted(name)}: ${error.message}`, fix));
    return undefined;
  }
}

/** A place is a single value or a document, and `a/b/c` must not stand beside the field `c` of `a/b`. */
function placeProblems(items: readonly ImportItem[], inventory: Inventory): readonly Finding[] {
  const targets = [...items, ...[...inventory.values()].flatMap(targetsOf)];
  const places = new Set(targets.map(formatRef));
  const documents = new Set(targets.filter((target) => target.field !== undefined).map((target) => target.path));
  return items.flatMap((item) => {
    const ref = formatRef(item);
    if (inventory.get(item.path)?.from !== undefined) {
      const fix = 'Leave it out of the plan, or take `from` out of the inventory.';
      return [problem(item.where, `${ref} is made of other secrets and is not written itself`, fix)];
    }
    const clash = item.field === undefined ? clashOfSingle(item.path, places, documents) : clashOfField(item, places);
    if (clash !== undefined) return [problem(item.where, `${ref} cannot stand beside ${clash}`, 'Move one of them.')];
    if (item.field === undefined || item.value.kind === 'text') return [];
    return [problem(item.where, `${ref} is binary and cannot be a field`, 'Give it a place of its own.')];
  });
}

function clashOfSingle(path: Path, places: ReadonlySet<string>, documents: ReadonlySet<Path>): string | undefined {
  if (documents.has(path)) return `fields of ${path}`;
  const parent = parentOf(path);
  const asField = parent === '' ? undefined : formatRef({ path: parent, field: baseOf(path) });
  return asField !== undefined && places.has(asField) ? asField : undefined;
}

function clashOfField({ path, field = '' }: ImportItem, places: ReadonlySet<string>): string | undefined {
  const singles = [path, `${path}/${field}`].map((single) => single.replaceAll('@', '%40'));
  return singles.find((single) => places.has(single));
}

function emissionProblems(inventory: Inventory, entries: readonly InventoryEntry[]): readonly Finding[] {
  const merged = new Map([...inventory, ...entries.map((entry) => [entry.path, entry] as const)]);
  try {
    emitEnvironment([...merged.values()].flatMap(targetsOf));
    return [];
  } catch (error) {
    if (!isKeywardError(error, 'config')) throw error;
    return [problem('keyward.yaml', error.message, error.advice)];
  }
}

function problem(where: string, cause: string, fix: string): Finding {
  return { severity: 'error', where, cause, fix };
}
