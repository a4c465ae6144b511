import { emittableName } from '../core/environment-names.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import { assertMetadata } from '../core/metadata.js';
import type { Path } from '../core/path.js';
import {
  binaryPayload,
  checkedPayload,
  documentMembers,
  documentOfMembers,
  documentPayload,
  type Payload,
  payloadText,
  textPayload,
} from '../core/payload.js';
import type { WriteInput } from '../core/provider.js';
import { currentStage, formatRef, parseField, parseRef } from '../core/ref.js';
import type { NotedVersion, NumberedVersion } from '../core/version.js';
import { sha256 } from './derive.js';
import { equalBytes, lp, toHex, u64, utf8 } from './encoding.js';
import type { SealedFile } from './sealed-file.js';
import type { SealedValue } from './sealed-value.js';

/** A version as a sealed file has it: there is always exactly one. */
export interface SealedSecretVersion extends NotedVersion {
  readonly version: NumberedVersion;
}

/** The changes that a write makes, and the version that there is then. */
export interface SealedWrite {
  readonly changes: ReadonlyMap<string, SealedValue | undefined>;
  readonly version: NumberedVersion;
}

/** The names in the file that belong to one secret. */
interface Place {
  single: boolean;
  readonly fields: string[];
  metadata: boolean;
}

/**
 * The secrets in a sealed file. One with fields that are all texts is kept field by field, under `path#field`, so that
 * two people can change two of them; everything else under its path. Metadata is kept under `path@metadata`, which no
 * ref is.
 */
export class SealedSecrets {
  readonly #file: SealedFile;
  readonly #places = new Map<Path, Place>();

  /** @throws KeywardError `invalid` for a name that is not `path`, `path#field` or `path@metadata`. */
  constructor(file: SealedFile) {
    this.#file = file;
    for (const name of file.names) this.#add(name);
  }

  /** Of everything that has a value. */
  get paths(): readonly Path[] {
    return [...this.#places].filter(([, place]) => place.single || place.fields.length > 0).map(([path]) => path);
  }

  /**
   * The secret with its fields in the order of their names.
   *
   * @throws KeywardError `integrity` as `SealedFile.read`, `invalid` when it is a single value and has fields too.
   */
  read(path: Path): SealedSecretVersion | undefined {
    const place = this.#places.get(path);
    if (place === undefined || !(place.single || place.fields.length > 0)) return undefined;
    if (place.single && place.fields.length > 0) {
      throw new KeywardError('invalid', `${path} is both a single value and a document in the sealed file`, {
        path,
        advice: 'Two branches changed its shape. Keep one of the two with: keyward edit <file>',
      });
    }
    const values = new Map(namesOf(path, place).map((name) => [name, this.#value(name)] as const));
    const payload = place.single
      ? payloadOfValue(this.#value(formatRef({ path })))
      : this.#document(path, place.fields);
    return { path, payload, version: versionOf(values, payload), metadata: this.#metadata(path, place) };
  }

  /**
   * What a write changes: a value that stays keeps its box.
   *
   * @param ifVersion as for a provider.
   * @param now in milliseconds since 1970.
   * @throws KeywardError `conflict`, `not_found` for metadata alone of a secret that does not exist.
   */
  write(
    path: Path,
    { payload, metadata, ifMetadata }: WriteInput,
    ifVersion: number | undefined,
    now: number,
  ): SealedWrite {
    const place = this.#places.get(path);
    const present = new Map(namesOf(path, place).map((name) => [name, this.#value(name)] as const));
    const number = Math.max(0, ...[...present.values()].map(({ version }) => version));
    if (ifVersion !== undefined && ifVersion !== number) throw overtaken(path, number);
    assertMetadata(path, new Map(Object.entries(this.#metadata(path, place))), ifMetadata);
    const whole = payload ?? this.read(path)?.payload;
    if (whole === undefined) throw new KeywardError('not_found', `the sealed file has no secret ${path}`, { path });
    const make = (bytes: Uint8Array, kind: SealedValue['kind']): SealedValue => {
      return { kind, bytes, version: number + 1, time: new Date(now) };
    };
    const wanted = payload === undefined ? undefined : partsOf(path, checkedPayload(payload));
    const after = wanted === undefined ? present : mergedValues(present, wanted, make);
    const changes = new Map<string, SealedValue | undefined>();
    for (const name of present.keys()) if (!after.has(name)) changes.set(name, undefined);
    const recorded = metadata ?? this.#metadata(path, place);
    for (const [name, value] of after) {
      if (present.get(name) !== value) changes.set(name, { ...value, variable: variableOf(name, recorded) });
    }
    if (metadata !== undefined && metadataText(metadata) !== metadataText(this.#metadata(path, place))) {
      changes.set(metadataName(path), make(utf8(metadataText(metadata)), 'text'));
    }
    return { changes, version: versionOf(after, whole) };
  }

  /** The changes that take the secret away; none when it does not exist. */
  remove(path: Path): SealedWrite['changes'] {
    const place = this.#places.get(path);
    const names = [...namesOf(path, place), ...(place?.metadata === true ? [metadataName(path)] : [])];
    return new Map(names.map((name) => [name, undefined]));
  }

  #add(name: string): void {
    const isMetadata = name.endsWith(metadataSuffix);
    const { path, field } = parsedName(isMetadata ? name.slice(0, -metadataSuffix.length) : name);
    const place = this.#places.get(path) ?? { single: false, fields: [], metadata: false };
    if (isMetadata) place.metadata = true;
    else if (field === undefined) place.single = true;
    else place.fields.push(field);
    this.#places.set(path, place);
  }

  #value(name: string): SealedValue {
    const value = this.#file.read(name);
    if (value === undefined) throw new KeywardError('internal', 'a sealed file lost a name');
    return value;
  }

  #document(path: Path, fields: readonly string[]): Payload {
    const sorted = [...fields].sort((a, b) => (a < b ? -1 : 1));
    return documentPayload(
      sorted.map((field) => [field, payloadText(payloadOfValue(this.#value(formatRef({ path, field }))))] as const),
    );
  }

  #metadata(path: Path, place: Place | undefined): Readonly<Record<string, string>> {
    if (place?.metadata !== true) return {};
    const members = documentMembers(payloadOfValue(this.#value(metadataName(path)))) ?? [];
    return Object.fromEntries(members.map(({ name, text }) => [name, text]));
  }
}

const metadataSuffix = '@metadata';

function metadataName(path: Path): string {
  return formatRef({ path }) + metadataSuffix;
}

/** The name as a variable, as far as it does not depend on the inventory. */
function variableOf(name: string, metadata: Readonly<Record<string, string>>): string | undefined {
  const { path, field } = parseRef(name);
  return emittableName({ path, field }, undefined, metadata[field === undefined ? 'env' : `env.${field}`]);
}

function metadataText(metadata: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function parsedName(name: string) {
  try {
    const ref = parseRef(name);
    if (ref.version === undefined && formatRef(ref) === name) return ref;
  } catch (error) {
    if (!isKeywardError(error, 'invalid')) throw error;
  }
  throw new KeywardError('invalid', 'the sealed file has a name that is no path or path#field', {
    advice: 'Take it out with: keyward edit <file>',
  });
}

function namesOf(path: Path, place: Place | undefined): readonly string[] {
  if (place === undefined) return [];
  return [...(place.single ? [formatRef({ path })] : []), ...place.fields.map((field) => formatRef({ path, field }))];
}

/** By name, what the payload consists of. */
function partsOf(path: Path, payload: Payload): ReadonlyMap<string, Payload> {
  const members = documentMembers(payload) ?? [];
  const isPlain =
    members.length > 0 &&
    members.every(({ name, isString }) => isString && isField(name)) &&
    equalBytes(documentOfMembers(members).bytes, payload.bytes);
  if (!isPlain) return new Map([[formatRef({ path }), payload]]);
  return new Map(members.map(({ name, text }) => [formatRef({ path, field: name }), textPayload(text)]));
}

function isField(name: string): boolean {
  try {
    return parseField(name) === name;
  } catch {
    return false;
  }
}

/** What is the same stays; when only something went away, one value has to carry the new version. */
function mergedValues(
  present: ReadonlyMap<string, SealedValue>,
  wanted: ReadonlyMap<string, Payload>,
  make: (bytes: Uint8Array, kind: SealedValue['kind']) => SealedValue,
): ReadonlyMap<string, SealedValue> {
  const after = new Map<string, SealedValue>();
  for (const [name, { kind, bytes }] of wanted) {
    const held = present.get(name);
    const isHeld = held !== undefined && held.kind === kind && equalBytes(held.bytes, bytes);
    after.set(name, isHeld ? held : make(Uint8Array.from(bytes), kind));
  }
  const [first] = after;
  const isShrunk = [...present.keys()].some((name) => !after.has(name));
  const isOtherwiseSame = [...after].every(([name, value]) => present.get(name) === value);
  if (first !== undefined && isShrunk && isOtherwiseSame) after.set(first[0], make(first[1].bytes, first[1].kind));
  return after;
}

function payloadOfValue({ kind, bytes }: SealedValue): Payload {
  return kind === 'binary' ? binaryPayload(bytes) : checkedPayload({ kind, bytes });
}

/** The highest version among the parts: each write gives its parts a higher one than any had. */
function versionOf(values: ReadonlyMap<string, SealedValue>, payload: Payload): NumberedVersion {
  const parts = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  const id = sha256(
    ...parts.flatMap(([name, { version, time, bytes }]) => [
      lp(name),
      u64(version),
      u64(time.getTime()),
      sha256(bytes),
    ]),
  );
  return {
    number: Math.max(...parts.map(([, { version }]) => version)),
    id: toHex(id.subarray(0, 16)),
    createdAt: new Date(Math.max(...parts.map(([, { time }]) => time.getTime()))),
    state: 'live',
    stages: [currentStage],
    size: payload.bytes.length,
  };
}

function overtaken(path: Path, number: number): KeywardError {
  const found = number === 0 ? 'does not exist' : `is at version ${number}`;
  return new KeywardError('conflict', `${path} ${found} in the sealed file`, { path });
}
