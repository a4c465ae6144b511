import assert from 'node:assert/strict';
import { type ErrorCode, isKeywardError } from '../../core/errors.js';
import { type Commit, type CommitOutcome, commitLimits, type PhysicalStore, type Row } from './physical-store.js';

// Short ways for the contract to write and read rows whose keys and values are texts.

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOfBytes(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}

export function textOf(row: Row | undefined): string | undefined {
  return row && textOfBytes(row.value);
}

export function longKey(index: number): Uint8Array {
  const key = new Uint8Array(commitLimits.keyBytes);
  new DataView(key.buffer).setUint32(0, index);
  return key;
}

export function require(key: string, revision: string | undefined) {
  return { key: bytes(key), revision };
}

export function putCommit(key: Uint8Array, value: Uint8Array, revision: string | undefined): Commit {
  return { require: [{ key, revision }], put: [{ key, value }], remove: [] };
}

export function update(key: string, revision: string | undefined, value: string): Commit {
  return putCommit(bytes(key), bytes(value), revision);
}

export function insert(rows: Readonly<Record<string, string>>): Commit {
  const entries = Object.entries(rows);
  return {
    require: entries.map(([key]) => require(key, undefined)),
    put: entries.map(([key, value]) => ({ key: bytes(key), value: bytes(value) })),
    remove: [],
  };
}

export function removal(key: string, revision: string | undefined): Commit {
  return { require: [require(key, revision)], put: [], remove: [bytes(key)] };
}

export function revisionOf(outcome: CommitOutcome): string {
  assert.equal(outcome.kind, 'committed');
  return outcome.kind === 'committed' ? outcome.revision : '';
}

export async function put(store: PhysicalStore, key: string, value: string | Uint8Array): Promise<string> {
  const stored = typeof value === 'string' ? bytes(value) : value;
  return revisionOf(await store.commit(putCommit(bytes(key), stored, undefined)));
}

export async function putAll(store: PhysicalStore, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += commitLimits.rows) {
    const page = keys.slice(start, start + commitLimits.rows);
    revisionOf(await store.commit(insert(Object.fromEntries(page.map((key) => [key, 'v'])))));
  }
}

export async function read(store: PhysicalStore, key: string): Promise<string | undefined> {
  return textOf((await store.get([bytes(key)]))[0]);
}

export async function rowsOf(
  store: PhysicalStore,
  prefix: Uint8Array,
  options?: Parameters<PhysicalStore['list']>[1],
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of store.list(prefix, options)) rows.push(row);
  return rows;
}

export async function keysOf(
  store: PhysicalStore,
  prefix: string,
  options?: Parameters<PhysicalStore['list']>[1],
): Promise<string[]> {
  return (await rowsOf(store, bytes(prefix), options)).map((row) => textOfBytes(row.key));
}

export async function firstOf(rows: AsyncIterable<Row>): Promise<Row | undefined> {
  for await (const row of rows) return row;
  return undefined;
}

export async function rejects(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => isKeywardError(error, code));
}
