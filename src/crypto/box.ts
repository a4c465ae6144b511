import { KeywardError } from '../core/errors.js';
import type { BoxKind } from './box-kinds.js';
import { ByteWriter } from './byte-writer.js';
import { ByteReader, concat, lp } from './encoding.js';
import { type XaesKey, xaesNonceBytes, xaesOpen, xaesSeal } from './xaes.js';

export { XaesKey as BoxKey } from './xaes.js';

/** Everything that a box is bound to besides its key and term: it opens under exactly the same context only. */
export interface BoxContext {
  readonly storeId: string;
  readonly kind: BoxKind;
  /** The physical key of the row, or the ASCII name that `box-kinds.ts` gives to boxes that are not rows. */
  readonly rowKey: Uint8Array | string;
  /** Number of the secret's version; 0 where the kind has none. */
  readonly version: number;
  /** Version of the plaintext's own layout. */
  readonly schema: number;
}

const domain = lp('keyward/box/v1');
/** XAES-256-GCM, fresh random nonce. */
const suite = 1;
/** Suite and term. */
const headerBytes = 5;
/** One of each for all boxes: what they hold is used at once. */
const header = new ByteWriter(256);
const additional = new ByteWriter(256);

/**
 * Seals the plaintext: suite(1) ‖ term(4) ‖ nonce(24) ‖ ciphertext ‖ tag(16), 45 bytes more than the plaintext.
 * `term` says under which term's key, for whoever opens the box later.
 */
export function sealBox(key: XaesKey, term: number, context: BoxContext, plaintext: Uint8Array): Uint8Array {
  const fresh = key.fresh();
  const before = header.clear().u8(suite).u32(term).bytes(fresh.nonce).written;
  // Where it lies in the header: there it needs no memory of its own.
  const nonce = before.subarray(headerBytes);
  return xaesSeal({ nonce, key: fresh.key }, plaintext, additionalData(term, context), before);
}

/** The plaintext. @throws KeywardError `integrity`, with one message for every reason why it does not open. */
export function openBox(key: XaesKey, context: BoxContext, box: Uint8Array): Uint8Array {
  const nonce = box.subarray(headerBytes, headerBytes + xaesNonceBytes);
  const sealed = box.subarray(headerBytes + xaesNonceBytes);
  const plaintext = xaesOpen(key, nonce, sealed, additionalData(boxTerm(box), context));
  if (plaintext === undefined) throw notOpening();
  return plaintext;
}

/** The term that the box names, so that its key can be found; it is not verified before the box is opened. */
export function boxTerm(box: Uint8Array): number {
  if (box.length < headerBytes + xaesNonceBytes || box[0] !== suite) throw notOpening();
  return new ByteReader(box.subarray(1, headerBytes)).u32();
}

function additionalData(term: number, context: BoxContext): Uint8Array {
  const { storeId, kind, rowKey, version, schema } = context;
  additional.clear().bytes(beginningOf(storeId, kind)).lp(rowKey);
  return additional.u64(version).u32(term).u16(schema).written;
}

/** Of the store that was used last, by kind: making it anew would take each box longer than all the rest. */
const beginnings = new Map<BoxKind, { readonly storeId: string; readonly bytes: Uint8Array }>();

function beginningOf(storeId: string, kind: BoxKind): Uint8Array {
  const known = beginnings.get(kind);
  if (known?.storeId === storeId) return known.bytes;
  const bytes = concat(domain, lp(storeId), lp(kind));
  beginnings.set(kind, { storeId, bytes });
  return bytes;
}

function notOpening(): KeywardError {
  return new KeywardError('integrity', 'a sealed box does not open: it is damaged, was moved, or is of another key');
}
