import { KeywardError } from '../../core/errors.js';
import { type Path, quoted } from '../../core/path.js';
import { formatRef } from '../../core/ref.js';
import type { Secret } from '../../core/secret.js';
import { cannotHold } from '../../formats/cannot-hold.js';

/** A value and where it lies. */
export interface ExportedPlace {
  readonly path: Path;
  readonly field?: string | undefined;
  readonly secret: Secret;
}

/** Values by the names that a program would get, or by path. */
export type Exported = ReadonlyMap<string, Secret> | readonly ExportedPlace[];

export function isByPath(exported: Exported): exported is readonly ExportedPlace[] {
  return Array.isArray(exported);
}

/** Each value with its name or ref. */
export function namedSecrets(exported: Exported): readonly (readonly [string, Secret])[] {
  return isByPath(exported) ? exported.map((place) => [formatRef(place), place.secret]) : [...exported];
}

/** The names or refs, sorted. */
export function exportedNames(exported: Exported): readonly string[] {
  return namedSecrets(exported)
    .map(([name]) => name)
    .sort();
}

/**
 * A file for each value: called as its variable in lower case, or at its path with the fields of a document as files of a
 * folder.
 *
 * @throws KeywardError `invalid` when two values would be one file, or a field is no file name.
 */
export function exportedFiles(exported: Exported): ReadonlyMap<string, Uint8Array> {
  const named = isByPath(exported)
    ? exported.map((place) => [fileAt(place), place.secret] as const)
    : [...exported].map(([name, secret]) => [name.toLowerCase(), secret] as const);
  const files = new Map<string, Uint8Array>();
  for (const [name, secret] of named) {
    if (files.has(name)) throw new KeywardError('invalid', `two values would be the file ${quoted(name)}`);
    files.set(name, secret.exposeBytes());
  }
  return files;
}

function fileAt({ path, field }: ExportedPlace): string {
  if (field === undefined) return path;
  if (field.includes('/')) throw cannotHold('a folder', formatRef({ path, field }), 'the field is no file name');
  return `${path}/${field}`;
}
