import * as v from 'valibot';
import { isKeywardError } from '../../core/errors.js';
import { ByteReader, concat, equalBytes, fromUtf8, utf8 } from '../../crypto/encoding.js';
import {
  type BackupPart,
  backupMagic,
  brokenBackup,
  endSchema,
  manifestSchema,
  mostPartBytes,
  type PartKind,
  partKinds,
} from './backup-format.js';
import { PartSums } from './encode-backup.js';

const headBytes = 5;

/** Which parts may follow a part. */
const following: Readonly<Record<PartKind, readonly PartKind[]>> = {
  manifest: ['header'],
  header: ['latch'],
  latch: ['rows'],
  rows: ['rows', 'audit', 'end'],
  audit: ['audit', 'end'],
  end: [],
};

/**
 * The parts of an opened backup, each in its form and its place. That all of them were there, and as they were written, is
 * known when the last one came: nothing may count before.
 *
 * @throws KeywardError `integrity` that names the part which is wrong or missing, `unsupported` for a later format.
 */
export async function* decodeBackup(plaintext: AsyncIterable<Uint8Array>): AsyncGenerator<BackupPart> {
  const bytes = new Pieces(plaintext);
  const magic = await bytes.next(backupMagic.length);
  if (magic === undefined || !equalBytes(magic, backupMagic)) throw brokenBackup('it does not begin as one');
  const sums = new PartSums();
  let last: PartKind | undefined;
  let rows = 0;
  for (;;) {
    const head = await bytes.next(headBytes);
    if (head === undefined) break;
    const kind = kindOf(head[0]);
    const length = new ByteReader(head.subarray(1)).u32();
    const allowed = last === undefined ? ['manifest'] : following[last];
    if (kind === undefined || !allowed.includes(kind))
      throw brokenBackup(`after its ${last ?? 'beginning'} something else follows`);
    const content = length > mostPartBytes ? undefined : await bytes.next(length);
    if (content === undefined) throw brokenBackup(`its ${kind} is cut off`);
    last = kind;
    if (kind !== 'manifest' && kind !== 'end') sums.add(kind, content);
    const part = readPart(kind, content);
    if (part.kind === 'rows') rows += part.rows.length;
    if (part.kind === 'end') {
      const { end } = part;
      const wrong = differing(end.sha256, sums.all());
      if (wrong !== undefined) throw brokenBackup(`its ${wrong} is missing or was changed`);
      if (end.rows !== rows) throw brokenBackup('it does not hold what it counts');
    }
    yield part;
  }
  if (last !== 'end') throw brokenBackup('its end is missing');
}

function readPart(kind: PartKind, bytes: Uint8Array): BackupPart {
  try {
    const reader = new ByteReader(bytes);
    switch (kind) {
      case 'manifest':
        return { kind, manifest: readJson(manifestSchema, bytes) };
      case 'header':
      case 'latch':
        return { kind, bytes };
      case 'rows':
        return { kind, rows: untilEnd(reader, () => ({ key: reader.lp(), value: reader.lp() })) };
      case 'audit':
        return { kind, piece: { file: reader.text(), bytes: reader.rest() } };
      case 'end':
        return { kind, end: readJson(endSchema, bytes) };
    }
  } catch (error) {
    if (isKeywardError(error) || error instanceof SyntaxError || error instanceof v.ValiError) {
      throw brokenBackup(`its ${kind} has not the form of one`);
    }
    throw error;
  }
}

function untilEnd<T>(reader: ByteReader, read: () => T): readonly T[] {
  const all: T[] = [];
  while (!reader.isAtEnd) all.push(read());
  return all;
}

/** Only in the one form in which it is written. */
function readJson<Schema extends v.GenericSchema>(schema: Schema, bytes: Uint8Array): v.InferOutput<Schema> {
  const text = fromUtf8(bytes);
  const json: unknown = JSON.parse(text);
  const value = v.parse(schema, json);
  if (!equalBytes(utf8(JSON.stringify(json)), bytes)) throw new SyntaxError(text.slice(0, 0));
  return value;
}

function kindOf(byte: number | undefined): PartKind | undefined {
  return Object.entries(partKinds).flatMap(([kind, value]) => (value === byte && isPartKind(kind) ? [kind] : []))[0];
}

function isPartKind(kind: string): kind is PartKind {
  return Object.hasOwn(partKinds, kind);
}

function differing(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): string | undefined {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].find((name) => a[name] !== b[name]);
}

/** Bytes that come in pieces, handed out in other ones. */
class Pieces {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** `undefined` when there are fewer left. */
  async next(length: number): Promise<Uint8Array | undefined> {
    const pieces = [this.#held];
    let held = this.#held.length;
    while (held < length) {
      const { done, value } = await this.#source.next();
      if (done === true) break;
      pieces.push(value);
      held += value.length;
    }
    const whole = pieces.length === 1 ? this.#held : concat(...pieces);
    this.#held = whole.length < length ? whole : whole.subarray(length);
    return whole.length < length ? undefined : whole.slice(0, length);
  }
}
