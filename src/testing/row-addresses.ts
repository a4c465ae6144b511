import { randomBytes } from '../crypto/random.js';
import type { RowAddress } from '../store/barrier/barrier.js';

export const secretRow = (path: string): RowAddress => ({ kind: 'secret', shardBy: path, name: path, version: 0 });
export const recordRow = (name: string): RowAddress => ({ kind: 'record', shardBy: name, name, version: 0 });
export const controlRow = (name: string): RowAddress => ({ kind: 'control', shardBy: name, name, version: 0 });

export function directoryRow(directory: string, childName: string): RowAddress {
  return { kind: 'directory', shardBy: directory, name: directory, childName, version: 0 };
}

export function operationRow(shard: number, name: string): RowAddress {
  return { kind: 'operation', shardBy: shard, name, version: 0 };
}

export function payloadRow(path: string, version = 1, objectId: Uint8Array = randomBytes(16)): RowAddress {
  return { kind: 'payload', shardBy: path, name: path, objectId, version };
}
