import * as v from 'valibot';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { equalBytes, fromBase64, fromUtf8, toBase64, utf8 } from '../../crypto/encoding.js';

/** The only one that is read; any other number is refused instead of guessed at. */
const format = 2;
const maxBytes = 64 * 1024;
/** Each may cost an Argon2 computation before the header is verified. */
export const maxSlots = 16;

export const storeIdPattern = /^[A-Za-z0-9._-]{1,64}$/;

const bytes = v.pipe(v.string(), v.transform(fromBase64));
const keyBytes = v.pipe(bytes, v.length(32));
const instant = v.pipe(
  v.string(),
  v.transform((text) => new Date(text)),
);
const parameterName = v.pipe(v.string(), v.regex(/^[a-z][A-Za-z0-9]*$/));
const parameterValue = v.union([v.string(), v.pipe(v.number(), v.safeInteger())]);

const randomId = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

const slotSchema = v.strictObject({
  id: randomId,
  kind: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]*$/)),
  createdAt: instant,
  publicKey: keyBytes,
  check: keyBytes,
  backupKey: v.optional(keyBytes),
  parameters: v.record(parameterName, parameterValue),
  ephemeralKey: keyBytes,
  root: bytes,
});

const documentSchema = v.strictObject({
  keyward: v.literal('header'),
  format: v.literal(format),
  storeId: v.pipe(v.string(), v.regex(storeIdPattern)),
  latch: randomId,
  slots: v.pipe(v.array(slotSchema), v.minLength(1), v.maxLength(maxSlots)),
  keyring: bytes,
  mac: keyBytes,
});

const anyFormatSchema = v.object({ keyward: v.literal('header'), format: v.pipe(v.number(), v.integer()) });

/**
 * One slot as the header keeps it: `publicKey` (X25519) is what the root key is wrapped for, with `ephemeralKey`, into
 * the box `root`; `check` tells whether a slot key is the right one, and backups are sealed to `backupKey`, which slots of
 * before backups lack.
 */
export type SlotEntry = Readonly<v.InferOutput<typeof slotSchema>>;

/** What the header says; `keyring` is boxed. */
export interface HeaderContent {
  readonly storeId: string;
  /** Id of the latch without which the keyring does not open. */
  readonly latch: string;
  readonly slots: readonly SlotEntry[];
  readonly keyring: Uint8Array;
}

export interface HeaderDocument extends HeaderContent {
  /** HMAC over `coveredBytes`. */
  readonly mac: Uint8Array;
}

/** Everything in the header but its HMAC, in the one form it is written in. */
export function coveredBytes(content: HeaderContent): Uint8Array {
  return utf8(JSON.stringify(plain(content)));
}

/** One line of JSON: the content, then the HMAC; bytes in base64. Reads back what it returns, before it is kept. */
export function encodeHeader(document: HeaderDocument): Uint8Array {
  const written = serialise(document);
  decodeHeader(written);
  return written;
}

/**
 * The form is verified, not the HMAC.
 *
 * @throws KeywardError `unsupported` for the header of another version of Keyward, `integrity` for anything that `encodeHeader`
 * does not write.
 */
export function decodeHeader(written: Uint8Array): HeaderDocument {
  try {
    if (written.length > maxBytes) throw damagedHeader();
    const json: unknown = JSON.parse(fromUtf8(written));
    const found = v.parse(anyFormatSchema, json).format;
    if (found !== format) throw otherFormat(found);
    const document = v.parse(documentSchema, json);
    if (!equalBytes(serialise(document), written)) throw damagedHeader();
    return document;
  } catch (error) {
    if (isKeywardError(error, 'unsupported')) throw error;
    throw damagedHeader();
  }
}

export function damagedHeader(): KeywardError {
  return new KeywardError('integrity', 'the header of the store is damaged or was changed', {
    advice: 'Keep a copy of the files, and put back the header from a backup of this store.',
  });
}

function otherFormat(found: number): KeywardError {
  return new KeywardError('unsupported', `the store has format ${found}; this version of keyward reads ${format}`, {
    advice:
      found > format
        ? 'Update keyward, then open the store again.'
        : 'Open it with the version of keyward that made it.',
  });
}

function serialise(document: HeaderDocument): Uint8Array {
  return utf8(`${JSON.stringify({ ...plain(document), mac: toBase64(document.mac) })}\n`);
}

function plain({ storeId, latch, slots, keyring }: HeaderContent) {
  return {
    keyward: 'header',
    format,
    storeId,
    latch,
    slots: slots.map((slot) => ({
      id: slot.id,
      kind: slot.kind,
      createdAt: slot.createdAt.toISOString(),
      publicKey: toBase64(slot.publicKey),
      check: toBase64(slot.check),
      ...(slot.backupKey && { backupKey: toBase64(slot.backupKey) }),
      parameters: slot.parameters,
      ephemeralKey: toBase64(slot.ephemeralKey),
      root: toBase64(slot.root),
    })),
    keyring: toBase64(keyring),
  };
}
