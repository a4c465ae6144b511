import type { Path } from '../../core/path.js';
import { fieldsOf, isDocument, type Payload } from '../../core/payload.js';
import { Secret } from '../../core/secret.js';

/** Secrets of one place and time, by path. */
export type Snapshot = ReadonlyMap<Path, Payload>;

/** What became of one value. `before` and `after` are absent where there was or is none. */
export interface ValueChange {
  readonly path: Path;
  /** `undefined` when the value is the whole secret, before and after. */
  readonly field: string | undefined;
  readonly change: 'added' | 'removed' | 'changed' | 'same';
  readonly before: Secret | undefined;
  readonly after: Secret | undefined;
}

/** Every value of the two, in the order of path and field. A secret that became a document is compared by fields. */
export function compareSnapshots(before: Snapshot, after: Snapshot): readonly ValueChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => compareSecret(path, before.get(path), after.get(path)));
}

function compareSecret(path: Path, before: Payload | undefined, after: Payload | undefined): readonly ValueChange[] {
  const old = valuesOf(before);
  const now = valuesOf(after);
  const isWhole = [before, after].every((payload) => payload === undefined || !isDocument(payload));
  return [...new Set([...old.keys(), ...now.keys()])].sort().map((field) => ({
    path,
    field: isWhole ? undefined : field,
    change: changeOf(old.get(field), now.get(field)),
    before: old.get(field),
    after: now.get(field),
  }));
}

function valuesOf(payload: Payload | undefined): ReadonlyMap<string, Secret> {
  if (payload === undefined) return new Map();
  return new Map([...fieldsOf(payload)].map(([field, value]) => [field, Secret.of(value)]));
}

function changeOf(before: Secret | undefined, after: Secret | undefined): ValueChange['change'] {
  if (before === undefined) return 'added';
  if (after === undefined) return 'removed';
  return before.equals(after) ? 'same' : 'changed';
}
