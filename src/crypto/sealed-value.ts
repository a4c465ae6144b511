import { prf } from './derive.js';
import { concat, equalBytes, fromBase64, fromUtf8, lp, toBase64, u64, utf8 } from './encoding.js';
import { paddedLength } from './padding.js';

/** What a sealed file holds under one name. */
export interface SealedValue {
  readonly kind: 'text' | 'binary';
  readonly bytes: Uint8Array;
  /** Of the secret, when this value was last written; from 1. */
  readonly version: number;
  readonly time: Date;
  /** What a sealed `.env` file is to call it; no part of the value. */
  readonly variable?: string | undefined;
}

/** Where a value belongs, and the key that only holders of an identity have. */
export interface ValueContext {
  readonly fileKey: Uint8Array;
  readonly fileId: string;
  readonly name: string;
}

/** The text in an age box. `value` is the text itself, base64 for `binary`; `tag` is base64. */
interface Plaintext {
  readonly file: string;
  readonly name: string;
  readonly kind: SealedValue['kind'];
  readonly version: number;
  readonly time: string;
  readonly value: string;
  readonly tag: string;
}

/**
 * What goes into the age box of a value: JSON, so that `age -d | jq -r .value` shows it, with spaces at the end that hide
 * its length.
 *
 * The box alone proves nothing, since everybody can seal to recipients. The tag is an HMAC under the file key over file,
 * name and value: it holds only where the value was put, by somebody who could open the file.
 */
export function encodeValue(value: SealedValue, context: ValueContext): Uint8Array {
  const plaintext: Plaintext = {
    file: context.fileId,
    name: context.name,
    kind: value.kind,
    version: value.version,
    time: value.time.toISOString(),
    value: value.kind === 'text' ? fromUtf8(value.bytes) : toBase64(value.bytes),
    tag: toBase64(tagOf(value, context)),
  };
  const json = utf8(JSON.stringify(plaintext));
  return concat(json, new Uint8Array(paddedLength(json.length) - json.length).fill(space));
}

/** The value; a sentence about it when it does not belong here, or is not as a holder of the file key wrote it. */
export function decodeValue(bytes: Uint8Array, context: ValueContext): SealedValue | string {
  const plaintext = readPlaintext(bytes);
  if (plaintext === undefined) return 'is not as it was written';
  if (plaintext.file !== context.fileId) return 'was sealed for another file';
  if (plaintext.name !== context.name) return 'was sealed for another name';
  const value = checkedValue(plaintext);
  const isGenuine = value !== undefined && equalBytes(utf8(plaintext.tag), utf8(toBase64(tagOf(value, context))));
  return isGenuine ? value : 'was not sealed by anybody who can open this file, or before a recipient was removed';
}

const space = 0x20;

function tagOf({ kind, bytes, version, time }: SealedValue, { fileKey, fileId, name }: ValueContext): Uint8Array {
  const parts = [lp(fileId), lp(name), lp(kind), u64(version), u64(time.getTime()), lp(bytes)];
  return prf(fileKey, lp('keyward/sealed/v1/value'), ...parts);
}

function readPlaintext(bytes: Uint8Array): Plaintext | undefined {
  const data = parsed(bytes);
  if (typeof data !== 'object' || data === null) return undefined;
  const { file, name, kind, version, time, value, tag }: Partial<Record<keyof Plaintext, unknown>> = data;
  if (typeof file !== 'string' || typeof name !== 'string' || typeof time !== 'string') return undefined;
  if (typeof value !== 'string' || typeof tag !== 'string' || typeof version !== 'number') return undefined;
  if (kind !== 'text' && kind !== 'binary') return undefined;
  return { file, name, kind, version, time, value, tag };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    return undefined;
  }
}

function checkedValue({ kind, version, time, value }: Plaintext): SealedValue | undefined {
  const date = new Date(time);
  if (!Number.isSafeInteger(version) || version < 1 || !(date.getTime() >= 0)) return undefined;
  try {
    return { kind, bytes: kind === 'text' ? utf8(value) : fromBase64(value), version, time: date };
  } catch {
    return undefined;
  }
}
