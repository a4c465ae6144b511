import { sha256 } from '../../crypto/derive.js';
import { fromUtf8, toHex, utf8 } from '../../crypto/encoding.js';

/**
 * One line of a volume: one JSON object in its one canonical spelling, members in this order, no spaces, then "\n".
 *
 * An entry:
 *
 *     {"v":1,"node":<32 hex>,"seq":<number from 1>,"time":<ISO 8601, UTC, ms>,"prev":<64 hex>,"box":<base64>}
 *
 * A checkpoint, with the Ed25519 signature over `keyward/audit-checkpoint/v1\n` and the line without its `sig` member;
 * `next` announces the key that signs from here on:
 *
 *     {"v":1,"node":…,"seq":…,"time":…,"prev":…,"store":<id>,"key":<64 hex>[,"next":<64 hex>],"sig":<base64>}
 *
 * `seq` runs through all volumes. `prev` is the SHA-256 of the line before without its "\n", zeros for the first one.
 */
export type LogLine = EntryLine | CheckpointLine;

export interface LinePosition {
  readonly node: string;
  readonly sequence: number;
  readonly time: string;
  readonly previous: string;
}

export interface EntryLine extends LinePosition {
  readonly kind: 'entry';
  readonly box: string;
}

export interface CheckpointLine extends LinePosition, Statement {
  readonly kind: 'checkpoint';
  readonly signature: string;
  /** What the signature is over. */
  readonly signedBytes: Uint8Array;
}

export interface Statement {
  readonly storeId: string;
  readonly key: string;
  readonly nextKey: string | undefined;
}

export const noPrevious = '0'.repeat(64);

/** Longest line without its "\n", in bytes. */
export const maxLineBytes = 64 * 1024;

const position =
  '\\{"v":1,"node":"([0-9a-f]{32})","seq":([1-9][0-9]{0,14}),' +
  '"time":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z)","prev":"([0-9a-f]{64})"';
const entryPattern = new RegExp(`^${position},"box":"([A-Za-z0-9+/]+={0,2})"\\}$`);
const checkpointPattern = new RegExp(
  `^(${position},"store":"([A-Za-z0-9._-]{1,64})","key":"([0-9a-f]{64})"(?:,"next":"([0-9a-f]{64})")?)` +
    ',"sig":"([A-Za-z0-9+/]{86}==)"\\}$',
);

/** Whether a store's id can stand in a checkpoint. */
export function isLoggableStoreId(storeId: string): boolean {
  return /^[A-Za-z0-9._-]{1,64}$/.test(storeId);
}

export function formatEntryLine(at: LinePosition, box: string): Uint8Array {
  return utf8(`${formatPosition(at)},"box":"${box}"}`);
}

/** @param sign answers the signature of the bytes as base64. */
export function formatCheckpointLine(
  at: LinePosition,
  statement: Statement,
  sign: (bytes: Uint8Array) => string,
): Uint8Array {
  const next = statement.nextKey === undefined ? '' : `,"next":"${statement.nextKey}"`;
  const unsigned = `${formatPosition(at)},"store":"${statement.storeId}","key":"${statement.key}"${next}`;
  return utf8(`${unsigned},"sig":"${sign(signedBytesOf(unsigned))}"}`);
}

/** `undefined` for anything but a line in its canonical spelling. */
export function parseLine(bytes: Uint8Array): LogLine | undefined {
  const text = bytes.length > maxLineBytes ? undefined : asText(bytes);
  if (text === undefined) return undefined;
  return parseEntry(text) ?? parseCheckpoint(text);
}

export function lineHash(bytes: Uint8Array): string {
  return toHex(sha256(bytes));
}

function parseEntry(text: string): EntryLine | undefined {
  const [, node, sequence, time, previous, box] = entryPattern.exec(text) ?? [];
  if (node === undefined || time === undefined || previous === undefined || box === undefined) return undefined;
  return { kind: 'entry', node, sequence: Number(sequence), time, previous, box };
}

function parseCheckpoint(text: string): CheckpointLine | undefined {
  const match = checkpointPattern.exec(text);
  const [, unsigned, node, sequence, time, previous, storeId, key, nextKey, signature] = match ?? [];
  if (unsigned === undefined || node === undefined || time === undefined || previous === undefined) return undefined;
  if (storeId === undefined || key === undefined || signature === undefined) return undefined;
  const at = { node, sequence: Number(sequence), time, previous };
  return { kind: 'checkpoint', ...at, storeId, key, nextKey, signature, signedBytes: signedBytesOf(unsigned) };
}

function formatPosition({ node, sequence, time, previous }: LinePosition): string {
  return `{"v":1,"node":"${node}","seq":${sequence},"time":"${time}","prev":"${previous}"`;
}

function signedBytesOf(unsigned: string): Uint8Array {
  return utf8(`keyward/audit-checkpoint/v1\n${unsigned}}`);
}

function asText(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
