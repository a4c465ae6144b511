import type { EnvironmentTarget } from '../../core/environment-names.js';
import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import { documentMembers, type Payload, patchDocument } from '../../core/payload.js';
import { formatRef } from '../../core/ref.js';
import { Secret } from '../../core/secret.js';
import type { NotedVersion } from '../../core/version.js';
import type { ImportItem } from './import-item.js';
import type { Wanted } from './transfer.js';
import type { TransferRules } from './transfer-rules.js';
import { placedValues, wholeSecret } from './wanted-secrets.js';

/** A secret to be moved. */
export interface Moved extends NotedVersion {
  /** Former values to be moved with it, the oldest first. */
  readonly history?: readonly Payload[] | undefined;
}

export interface MappedSecrets {
  readonly wanted: readonly Wanted[];
  /** Old and new place of what does not keep its own. */
  readonly renamed: readonly (readonly [from: string, to: string])[];
  /** What a rule leaves out. */
  readonly leftOut: readonly string[];
}

/**
 * The secrets at the places where the rules put them, taken apart and put together on the way; what no rule names keeps
 * its place.
 *
 * @throws KeywardError `invalid` when two of them go to one place, or a binary value to a field.
 */
export function mapSecrets(secrets: readonly Moved[], rules: TransferRules): MappedSecrets {
  const mapping = new Mapping();
  for (const secret of secrets) {
    const { path, payload, metadata } = secret;
    const members = documentMembers(payload) ?? [];
    const taken = members.flatMap(({ name: field, text }) => {
      const targets = rules.of(formatRef({ path, field }));
      return targets === undefined ? [] : [{ field, value: Secret.fromText(text), targets }];
    });
    for (const { field, value, targets } of taken) mapping.place({ path, field }, value, metadata, targets);
    if (taken.length > 0 && taken.length === members.length) continue;
    mapping.placeWhole(without(secret, new Set(taken.map(({ field }) => field))), rules.ofPath(path) ?? [{ path }]);
  }
  return mapping.result();
}

type Notes = Readonly<Record<string, string>>;

class Mapping {
  readonly #wholes = new Map<Path, Wanted>();
  readonly #items = new Map<string, ImportItem>();
  readonly #renamed: (readonly [string, string])[] = [];
  readonly #leftOut: string[] = [];

  /** A value that becomes a field, or a field that becomes something else. */
  place(from: EnvironmentTarget, value: Secret, metadata: Notes, targets: readonly EnvironmentTarget[]): void {
    this.#note(from, targets);
    const names = metadata[from.field === undefined ? 'env' : `env.${from.field}`]?.split(' ') ?? [];
    const notes = Object.fromEntries(Object.entries(metadata).filter(([key]) => !/^env(?:\.|$)/.test(key)));
    for (const { path, field } of targets) {
      const ref = formatRef({ path, field });
      if (field !== undefined && value.kind === 'binary') {
        throw new KeywardError('invalid', `${formatRef(from)} is binary and cannot be the field ${ref}`, { path });
      }
      const item = this.#items.get(ref);
      if (item !== undefined && !item.value.equals(value)) throw clash(ref);
      const known = item?.names ?? [];
      const all = [...new Set([...known, ...names])];
      this.#items.set(ref, { path, field, keys: [formatRef(from)], names: all, value, where: from.path, notes });
    }
  }

  placeWhole(secret: Moved, targets: readonly EnvironmentTarget[]): void {
    const { path, payload, metadata, history } = secret;
    const fields = targets.filter(({ field }) => field !== undefined);
    if (fields.length > 0) this.place({ path }, Secret.of(payload), metadata, fields);
    const paths = targets.filter(({ field }) => field === undefined);
    if (paths.length > 0 || fields.length === 0) this.#note({ path }, paths);
    for (const target of paths) {
      if (this.#wholes.has(target.path)) throw clash(target.path);
      this.#wholes.set(target.path, wholeSecret({ payload, metadata }, target.path, history));
    }
  }

  result(): MappedSecrets {
    const items = [...this.#items.values()];
    const single = new Set(items.flatMap(({ path, field }) => (field === undefined ? [path] : [])));
    for (const { path, field } of items) {
      if (this.#wholes.has(path) || (field !== undefined && single.has(path))) throw clash(path);
    }
    const wanted = [...this.#wholes.values(), ...placedValues(items)].sort((a, b) => (a.path < b.path ? -1 : 1));
    return { wanted, renamed: this.#renamed, leftOut: this.#leftOut };
  }

  #note(from: EnvironmentTarget, targets: readonly EnvironmentTarget[]): void {
    const ref = formatRef(from);
    if (targets.length === 0) this.#leftOut.push(ref);
    for (const to of targets.map(formatRef)) if (to !== ref) this.#renamed.push([ref, to]);
  }
}

/** The secret without these fields and their names; the former values had all of them. */
function without(secret: Moved, fields: ReadonlySet<string>): Moved {
  if (fields.size === 0) return secret;
  const noted = Object.entries(secret.metadata).filter(
    ([key]) => !(key.startsWith('env.') && fields.has(key.slice(4))),
  );
  return {
    ...secret,
    history: undefined,
    payload: patchDocument(secret.payload, new Map(), fields),
    metadata: Object.fromEntries(noted),
  };
}

function clash(place: string): KeywardError {
  return new KeywardError('invalid', `two secrets with other values would be ${place}`, {
    advice: 'Give one of them another place in the rules.',
  });
}
