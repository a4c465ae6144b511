import { isKeywardError, KeywardError } from '../core/errors.js';
import { nameBuckets, type SealedDocument } from '../core/sealed-document.js';
import type { AgeIdentity } from './age-identity.js';
import { ageRecipientCount, openAge } from './age-open.js';
import { ageSealer } from './age-seal.js';
import { prf, sha256 } from './derive.js';
import { equalBytes, fromBase64, lp, toBase64, toHex, u8, utf8 } from './encoding.js';
import { randomBytes } from './random.js';
import { decodeValue, encodeValue, type SealedValue } from './sealed-value.js';

/** What does not hold together in a file, for whoever is to decide whether that was meant. */
export interface SealedProblems {
  /** Whether somebody without an identity, or a merge, changed the recipients. */
  readonly recipients: boolean;
  /** The names of the buckets that names were added to or taken from; empty lists are of buckets that lost all. */
  readonly names: readonly (readonly string[])[];
}

export interface OpenSealedOptions {
  readonly identities: readonly AgeIdentity[];
  /** For messages. */
  readonly fileName: string;
}

export type SealedChanges = ReadonlyMap<string, SealedValue | undefined>;

const fileKeyBytes = 32;

/**
 * A sealed file in the hands of somebody who can open it.
 *
 * Every value is an age box of its own. A random file key, in an age box too, authenticates what the boxes do not: a tag
 * over the file id and the recipients, a tag in each value over its place, and one for each of 16 buckets of names over
 * the names in it. Changing a value thus changes no other line; adding or dropping a name changes the line of its bucket.
 */
export class SealedFile {
  readonly #document: SealedDocument;
  readonly #fileKey: Uint8Array;
  readonly #options: OpenSealedOptions;

  private constructor(document: SealedDocument, fileKey: Uint8Array, options: OpenSealedOptions) {
    this.#document = document;
    this.#fileKey = fileKey;
    this.#options = options;
  }

  /** A new file without values. */
  static create(recipients: ReadonlyMap<string, string>): SealedDocument {
    return sealedDocument(
      { fileId: toHex(randomBytes(16)), recipients, fileKey: randomBytes(fileKeyBytes) },
      new Map(),
    );
  }

  /**
   * Opens a file after making sure that recipients and names are as a holder of an identity left them.
   *
   * @throws KeywardError `sealed` when it is for none of the identities, `integrity` when it was changed.
   */
  static open(document: SealedDocument, options: OpenSealedOptions): SealedFile {
    const file = SealedFile.openUnverified(document, options);
    const { recipients, names } = file.problems();
    if (recipients) throw file.#refusal('its recipients were changed by somebody who cannot open it, or by a merge');
    if (names.length > 0) {
      const nearby = names.flat().slice(0, 5).join(', ');
      throw file.#refusal(`names were added or taken away without its key${nearby && `, beside or among: ${nearby}`}`);
    }
    return file;
  }

  /** As `open`, for whoever looks at `problems` next: values still open only where they were put. @throws as there */
  static openUnverified(document: SealedDocument, options: OpenSealedOptions): SealedFile {
    const fileKey = openBox(document.key, options.identities);
    if (fileKey === undefined) throw notForUs(document, options);
    if (fileKey === damaged || fileKey.length !== fileKeyBytes) {
      throw new KeywardError('integrity', `${options.fileName}: the box of the file key is not as it was written`, {
        store: options.fileName,
        advice: adviceAfterChange,
      });
    }
    return new SealedFile(document, fileKey, options);
  }

  get recipients(): ReadonlyMap<string, string> {
    return this.#document.recipients;
  }

  get names(): Iterable<string> {
    return this.#document.values.keys();
  }

  problems(): SealedProblems {
    const { fileId, recipients, tag, nameTags, values } = this.#document;
    const expected = nameTagsOf(this.#fileKey, fileId, values.keys());
    const buckets = bucketsOf(values.keys());
    return {
      recipients: !isSame(tag, headerTag(this.#fileKey, fileId, recipients)),
      names: buckets.filter((_, index) => !isSame(nameTags[index] ?? '', expected[index] ?? '')),
    };
  }

  /**
   * The value under a name; `undefined` when the file has no such name.
   *
   * @throws KeywardError `integrity` when it was put there by somebody who cannot open the file, or belongs elsewhere.
   */
  read(name: string): SealedValue | undefined {
    const box = this.#document.values.get(name);
    if (box === undefined) return undefined;
    const plaintext = openBox(box, this.#options.identities);
    const { fileId } = this.#document;
    const value =
      plaintext === undefined
        ? 'is not sealed to your identity; somebody else can seal it anew with: keyward seal repair'
        : plaintext === damaged
          ? 'is not as it was written'
          : decodeValue(plaintext, { fileKey: this.#fileKey, fileId, name });
    if (typeof value !== 'string') return value;
    throw this.#refusal(`the value under ${name} ${value}`);
  }

  /** Whether the value is sealed to as many recipients as the file has: not, when a merge brought it from before. */
  isSealedToAll(name: string): boolean {
    const box = this.#document.values.get(name);
    return box !== undefined && ageRecipientCount(fromBase64(box)) === this.#document.recipients.size;
  }

  /** The file with some values set and some, with `undefined`, taken away. Every other box stays as it is. */
  changed(changes: SealedChanges): SealedDocument {
    const { fileId, recipients } = this.#document;
    const seal = ageSealer(recipients.keys());
    const boxes = new Map<string, string | undefined>();
    const layout = this.#document.layout && new Map(this.#document.layout);
    for (const [name, value] of changes) {
      boxes.set(name, value && toBase64(seal(encodeValue(value, { fileKey: this.#fileKey, fileId, name }))));
      if (value === undefined) layout?.delete(name);
      else if (layout?.has(name) === false) layout.set(name, { variable: value.variable });
    }
    const values = replaced(this.#document.values, boxes);
    const nameTags = nameTagsOf(this.#fileKey, fileId, values.keys());
    const tag = headerTag(this.#fileKey, fileId, recipients);
    return { ...this.#document, tag, nameTags, values, layout };
  }

  /**
   * The file for other recipients, everything sealed anew: under the same file key when all present ones stay, so that
   * branches still merge, else under a new one, so that whoever left can neither open nor authenticate anything new.
   *
   * @throws as `read`
   */
  sealedTo(recipients: ReadonlyMap<string, string>): SealedDocument {
    const isAddition = [...this.#document.recipients.keys()].every((recipient) => recipients.has(recipient));
    const fileKey = isAddition ? this.#fileKey : randomBytes(fileKeyBytes);
    const values = new Map([...this.names].map((name) => [name, this.read(name)] as const));
    const document = sealedDocument({ fileId: this.#document.fileId, recipients, fileKey }, values);
    return { ...document, layout: this.#document.layout };
  }

  #refusal(problem: string): KeywardError {
    const { fileName } = this.#options;
    return new KeywardError('integrity', `${fileName}: ${problem}`, { store: fileName, advice: adviceAfterChange });
  }
}

const adviceAfterChange =
  'See who changed it with: git log -p. After a merge that you understand, run: keyward seal repair';

interface NewDocument {
  readonly fileId: string;
  readonly recipients: ReadonlyMap<string, string>;
  readonly fileKey: Uint8Array;
}

function sealedDocument({ fileId, recipients, fileKey }: NewDocument, values: SealedChanges): SealedDocument {
  const seal = ageSealer(recipients.keys());
  const boxes = new Map<string, string>();
  for (const [name, value] of values) {
    if (value === undefined) continue;
    boxes.set(name, toBase64(seal(encodeValue(value, { fileKey, fileId, name }))));
  }
  return {
    fileId,
    recipients,
    key: toBase64(seal(fileKey)),
    tag: headerTag(fileKey, fileId, recipients),
    nameTags: nameTagsOf(fileKey, fileId, boxes.keys()),
    values: boxes,
  };
}

/** Names that are there keep their order; a new one comes before the first that is greater. */
function replaced(
  values: ReadonlyMap<string, string>,
  boxes: ReadonlyMap<string, string | undefined>,
): ReadonlyMap<string, string> {
  const added = sorted([...boxes.keys()].filter((name) => !values.has(name)));
  const after = new Map<string, string>();
  const put = (name: string, box: string | undefined) => {
    if (box !== undefined) after.set(name, box);
  };
  let next = 0;
  for (const [name, box] of values) {
    for (let at = added[next]; at !== undefined && at < name; at = added[next]) {
      put(at, boxes.get(at));
      next += 1;
    }
    put(name, boxes.has(name) ? boxes.get(name) : box);
  }
  for (const name of added.slice(next)) put(name, boxes.get(name));
  return after;
}

function headerTag(fileKey: Uint8Array, fileId: string, recipients: ReadonlyMap<string, string>): string {
  const listed = sorted(recipients.keys()).flatMap((recipient) => [lp(recipient), lp(recipients.get(recipient) ?? '')]);
  return toBase64(prf(fileKey, lp('keyward/sealed/v1/header'), lp(fileId), ...listed));
}

function nameTagsOf(fileKey: Uint8Array, fileId: string, names: Iterable<string>): readonly string[] {
  return bucketsOf(names).map((bucket, index) => {
    const parts = sorted(bucket).map((name) => lp(name));
    return toBase64(prf(fileKey, lp('keyward/sealed/v1/names'), lp(fileId), u8(index), ...parts));
  });
}

function bucketsOf(names: Iterable<string>): readonly (readonly string[])[] {
  const buckets = Array.from({ length: nameBuckets }, (): string[] => []);
  for (const name of names) buckets[(sha256(utf8(name))[0] ?? 0) % nameBuckets]?.push(name);
  return buckets;
}

function sorted(texts: Iterable<string>): readonly string[] {
  return [...texts].sort((a, b) => (a < b ? -1 : 1));
}

function isSame(one: string, other: string): boolean {
  return equalBytes(utf8(one), utf8(other));
}

const damaged = 'damaged';

/** `undefined` when it is for none of the identities. */
function openBox(box: string, identities: readonly AgeIdentity[]): Uint8Array | typeof damaged | undefined {
  try {
    return openAge(fromBase64(box), identities);
  } catch (error) {
    if (isKeywardError(error, 'integrity', 'invalid')) return damaged;
    throw error;
  }
}

function notForUs({ recipients }: SealedDocument, { fileName }: OpenSealedOptions): KeywardError {
  const listed = [...recipients].map(([recipient, label]) => (label === '' ? recipient : label)).slice(0, 8);
  return new KeywardError('sealed', `${fileName} is not sealed to your identity, but to: ${listed.join(', ')}`, {
    store: fileName,
    advice: 'One of these can add you with: keyward recipient add <your recipient>',
  });
}
