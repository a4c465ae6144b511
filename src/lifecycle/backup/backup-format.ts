import * as v from 'valibot';
import type { AuditPiece, SealedRow } from '../../core/backup.js';
import { KeywardError } from '../../core/errors.js';
import { concat, u32, utf8 } from '../../crypto/encoding.js';

/*
 * What the age box of a backup holds:
 *
 *   "keyward/backup/v1\n" ‖ part …        part = kind(1) ‖ u32 length ‖ bytes
 *
 *   1 manifest   JSON, the first part
 *   2 header     header.kw of the store
 *   3 latch      the file that belongs to it
 *   4 rows       lp(key) ‖ lp(value) …, sealed as they lie in the store, in key order; any number of parts
 *   5 audit      lp(name of the file) ‖ a piece of it; any number of parts
 *   6 end        JSON, the last part: what there was, and SHA-256 over the bytes of the parts of each kind
 */

export const backupMagic: Uint8Array = utf8('keyward/backup/v1\n');

export const partKinds = { manifest: 1, header: 2, latch: 3, rows: 4, audit: 5, end: 6 } as const;

export type PartKind = keyof typeof partKinds;

/** A larger part is not written, and not taken for one. */
export const mostPartBytes = 8 * 1024 * 1024;
/** A part of rows is ended when it is this large. */
export const partBytes = 1024 * 1024;

const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sums = v.record(v.picklist(['header', 'latch', 'rows', 'audit']), hex);

export const manifestSchema = v.strictObject({
  keyward: v.literal('backup'),
  format: v.literal(1),
  /** Of a store of Keyward its id, of another one the name of the provider. */
  of: v.variant('kind', [
    v.strictObject({ kind: v.literal('store'), id: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)) }),
    v.strictObject({ kind: v.literal('provider'), name: v.string() }),
  ]),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
});

export type BackupManifest = Readonly<v.InferOutput<typeof manifestSchema>>;

export const endSchema = v.strictObject({
  epoch: count,
  commit: count,
  rows: count,
  secrets: count,
  sha256: sums,
});

export type BackupEnd = Readonly<v.InferOutput<typeof endSchema>>;

/** One part of an opened backup. */
export type BackupPart =
  | { readonly kind: 'manifest'; readonly manifest: BackupManifest }
  | { readonly kind: 'header' | 'latch'; readonly bytes: Uint8Array }
  | { readonly kind: 'rows'; readonly rows: readonly SealedRow[] }
  | { readonly kind: 'audit'; readonly piece: AuditPiece }
  | { readonly kind: 'end'; readonly end: BackupEnd };

export function encodePart(kind: PartKind, ...bytes: readonly Uint8Array[]): Uint8Array {
  const length = bytes.reduce((total, piece) => total + piece.length, 0);
  return concat(Uint8Array.of(partKinds[kind]), u32(length), ...bytes);
}

/** @param what is wrong with it. */
export function brokenBackup(what: string): KeywardError {
  return new KeywardError('integrity', `the backup is not as it was written: ${what}`, {
    advice: 'Use another copy of it, or an older one: keyward backup list',
  });
}
