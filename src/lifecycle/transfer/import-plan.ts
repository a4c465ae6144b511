import {
  type EnvironmentTarget,
  emitEnvironment,
  emittableName,
  isValidEnvironmentName,
  lookupNames,
  targetsOf,
} from '../../core/environment-names.js';
import { isKeywardError } from '../../core/errors.js';
import { isCredentialField, isExchange } from '../../core/exchange-catalogue.js';
import type { Finding } from '../../core/finding.js';
import { type Inventory, type InventoryEntry, listedPlace } from '../../core/inventory.js';
import {
  baseOf,
  type Directory,
  joinPath,
  type Path,
  parentOf,
  parsePath,
  quoted,
  segmentsOf,
} from '../../core/path.js';
import { formatRef } from '../../core/ref.js';
import type { Secret } from '../../core/secret.js';
import { guessTarget } from './guess-target.js';
import type { ImportItem } from './import-item.js';
import { entriesFor } from './inventory-entries.js';

/** One value of the source. */
export interface ImportPair {
  /** An environment name; where the source says a place, that place as a ref. */
  readonly name: string;
  /** Where the source itself has the value, when it has paths instead of environment names. */
  readonly place?: EnvironmentTarget | undefined;
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
  /** The place of single names, before everything else. */
  readonly chosen?: ReadonlyMap<string, EnvironmentTarget> | undefined;
  /** Where names go that the inventory does not have, each directly or at its own path below. Absent: guessed. */
  readonly below?: Directory | undefined;
}

/**
 * What an import would do; reads and writes nothing. A name goes where the inventory already has it, else where
 * `guessTarget` says, a value with a place of its own to that place. Names that cannot be moved, one name or one place with two values, and places that exclude each
 * other are problems; nothing about a value but its equality enters the plan's texts.
 */
export function planImport(pairs: readonly ImportPair[], options: PlanOptions): ImportPlan {
  const { inventory, places, chosen } = options;
  const problems: Finding[] = [];
  const findPlace = places === undefined ? placeFinder(pairs, options, problems) : undefined;
  const items = new Map<string, ImportItem>();
  const seen = new Map<string, ImportPair>();
  for (const pair of pairs) {
    const { name, value, where } = pair;
    const target = chosen?.get(name) ?? places?.get(name) ?? findPlace?.(pair);
    if (target === undefined) continue;
    const earlier = seen.get(name);
    seen.set(name, earlier ?? pair);
    if (earlier !== undefined && !earlier.value.equals(value)) {
      problems.push(problem(where, `${name} has another value at ${earlier.where}`, 'Keep one of the two.'));
      continue;
    }
    const ref = formatRef(target);
    const item = items.get(ref) ?? { path: target.path, field: target.field, keys: [], names: [], value, where };
    if (!item.value.equals(value)) {
      const others = item.keys.join(', ');
      problems.push(
        problem(where, `${name} and ${others} have different values but go to ${ref}`, `Give ${name} its own place.`),
      );
      continue;
    }
    const keys = [...new Set([...item.keys, name])];
    items.set(ref, {
      ...item,
      keys,
      names: pair.place === undefined ? [...new Set([...item.names, name])] : item.names,
    });
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

/** Where a value goes when nobody said; `undefined` when there is no such place, which is then a problem. */
function placeFinder(
  pairs: readonly ImportPair[],
  { inventory, below }: PlanOptions,
  problems: Finding[],
): (pair: ImportPair) => EnvironmentTarget | undefined {
  const known = namesOf(inventory);
  const names = pairs.filter(({ place }) => place === undefined).map(({ name }) => name);
  return (pair) => {
    const { name, place, where } = pair;
    const listed = place === undefined ? known.get(name) : listedPlace(inventory, place);
    if (listed !== undefined) return listed;
    const fix = 'Rename it or leave it out.';
    if (place === undefined && !isValidEnvironmentName(name)) {
      problems.push(problem(where, `${quoted(name)} is not an environment name`, fix));
      return undefined;
    }
    try {
      if (place === undefined) {
        return below === undefined ? guessTarget(name, names) : { path: joinPath(below, name.toLowerCase()) };
      }
      if (below === undefined) return exchangePlace(place);
      return { ...place, path: parsePath(below === '' ? place.path : `${below}/${place.path}`) };
    } catch (error) {
      if (!isKeywardError(error, 'invalid')) throw error;
      problems.push(problem(where, `no path follows from ${quoted(name)}: ${error.message}`, fix));
      return undefined;
    }
  };
}

/** Credentials of an exchange are fields of its document, also where they lie as single values below it. */
function exchangePlace(place: EnvironmentTarget): EnvironmentTarget {
  const [directory, exchange = '', ...rest] = segmentsOf(place.path);
  const field = rest.at(-1);
  if (place.field !== undefined || directory !== 'exchange' || field === undefined) return place;
  const parent = parentOf(place.path);
  return parent !== '' && isExchange(exchange) && isCredentialField(field) ? { path: parent, field } : place;
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
