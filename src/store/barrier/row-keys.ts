import { KeywardError } from '../../core/errors.js';
import { boxKinds, type RowKind } from '../../crypto/box-kinds.js';
import { ByteReader, concat, equalBytes, lp, u8 } from '../../crypto/encoding.js';
import type { RowAddress } from './barrier.js';
import type { StoreKeys } from './store-keys.js';

/*
 * Layout of the physical keys. The first byte is always a shard: 0x00–0xef for secrets and records, 0xf0–0xff for
 * control rows. The head of a shard lies behind its rows and the head of the store behind everything, so that one
 * listing of a shard, or of the store, is one snapshot together with the head it has to agree with.
 *
 *   shard(1) ‖ kind(1) ‖ H(kind, name)(16)                           secret, record, operation, control
 *   shard(1) ‖ 0x02    ‖ H("payload", path)(16) ‖ object id(16)
 *   shard(1) ‖ 0x03    ‖ H("directory", directory)(16) ‖ H("child", full path of the child)(16)
 *   shard(1) ‖ 0x07                                                  head of the shard
 *   0xff     ‖ 0x08                                                  head of the store
 *
 *   H(a, b) = PRF(index, lp(a) ‖ lp(b))[0..16];  shard = the first 4 bytes of PRF(index, lp("shard") ‖ lp(shardBy)),
 *   modulo 240, or 240 + modulo 16 for control rows.
 */

export const shardCount = 256;
const firstControlShard = 0xf0;
const hashBytes = 16;
const shardDomain = lp('shard');
const prefixBytes = 2;
const mostShardsKept = 256;
export const maxRowKeyBytes: number = prefixBytes + 2 * hashBytes;

export const storeHeadKey: Uint8Array = Uint8Array.of(0xff, boxKinds['store-head']);

export function shardHeadKey(shard: number): Uint8Array {
  return Uint8Array.of(shard, boxKinds['shard-head']);
}

export const allShards: readonly number[] = Array.from({ length: shardCount }, (_, shard) => shard);

export function isControlShard(shard: number): boolean {
  return shard >= firstControlShard;
}

/** The shards in which rows of the kind can lie. */
export function shardsOfKind(kind: RowKind): readonly number[] {
  return allShards.filter((shard) => isControlShard(shard) === (kind === 'control'));
}

export function shardOfKey(key: Uint8Array): number {
  return key[0] ?? 0;
}

/** What lies under a physical key; `undefined` for a key that no writer makes. */
export function kindOfKey(key: Uint8Array): RowKind | 'shard-head' | 'store-head' | undefined {
  if (equalBytes(key, storeHeadKey)) return 'store-head';
  if (key.length === prefixBytes) return key[1] === boxKinds['shard-head'] ? 'shard-head' : undefined;
  const kind = rowKinds.find((name) => boxKinds[name] === key[1]);
  if (kind === undefined || key.length !== prefixBytes + hashBytes * (hasTwoParts(kind) ? 2 : 1)) return undefined;
  return isControlShard(shardOfKey(key)) === (kind === 'control') ? kind : undefined;
}

const rowKinds: readonly RowKind[] = ['secret', 'payload', 'directory', 'record', 'operation', 'control'];

function hasTwoParts(kind: RowKind): boolean {
  return kind === 'payload' || kind === 'directory';
}

/** The names that are hashed into the key and that the sealed row repeats. */
export function namesOf(address: RowAddress): readonly string[] {
  return address.kind === 'directory' ? [address.name, address.childName ?? ''] : [address.name];
}

/** How many names a row of the kind repeats. */
export function nameCount(kind: RowKind): number {
  return kind === 'directory' ? 2 : 1;
}

/** Turns names into physical keys under the index key. */
export class RowKeys {
  readonly #keys: StoreKeys;
  /** Of the names that were asked for last: a change asks several times, and others in between. */
  readonly #shards = new Map<string, number>();
  // A payload's key is needed twice at once.
  #lastKey: { readonly address: RowAddress; readonly key: Uint8Array } | undefined;

  constructor(keys: StoreKeys) {
    this.#keys = keys;
  }

  shardOf(shardBy: string, kind: RowKind): number {
    this.#keys.assertOpen();
    const number = this.#shards.get(shardBy) ?? this.#hashedShard(shardBy);
    return kind === 'control'
      ? firstControlShard + (number % (shardCount - firstControlShard))
      : number % firstControlShard;
  }

  /** @throws KeywardError `internal` when the address has not the parts that its kind needs, or others. */
  keyOf(address: RowAddress): Uint8Array {
    if (this.#lastKey?.address === address) return this.#lastKey.key;
    assertWellFormed(address);
    const shard = typeof address.shardBy === 'number' ? address.shardBy : this.shardOf(address.shardBy, address.kind);
    const hash = this.#hashOf(address.kind, namesOf(address));
    const key = concat(u8(shard), u8(boxKinds[address.kind]), hash, second(address));
    this.#lastKey = { address, key };
    return key;
  }

  /** What the keys of all rows of a directory begin with. */
  directoryPrefix(directory: string): Uint8Array {
    const shard = this.shardOf(directory, 'directory');
    return concat(u8(shard), u8(boxKinds.directory), this.#hash('directory', directory));
  }

  /** Whether a row with these names may lie under the key. The object id of a payload row is bound by its box alone. */
  belongs(key: Uint8Array, kind: RowKind, names: readonly string[]): boolean {
    const hash = this.#hashOf(kind, names);
    return equalBytes(key.subarray(prefixBytes, prefixBytes + hash.length), hash);
  }

  #hashedShard(shardBy: string): number {
    const number = new ByteReader(this.#keys.index(shardDomain, lp(shardBy))).u32();
    if (this.#shards.size >= mostShardsKept) this.#shards.clear();
    this.#shards.set(shardBy, number);
    return number;
  }

  #hashOf(kind: RowKind, names: readonly string[]): Uint8Array {
    const [name = '', childName] = names;
    const hash = this.#hash(kind, name);
    return childName === undefined ? hash : concat(hash, this.#hash('child', childName));
  }

  #hash(domain: string, name: string): Uint8Array {
    return this.#keys.index(lp(domain), lp(name)).slice(0, hashBytes);
  }
}

function second(address: RowAddress): Uint8Array {
  return address.objectId ?? new Uint8Array(0);
}

function assertWellFormed(address: RowAddress): void {
  const { kind, shardBy } = address;
  const isSound =
    (kind === 'payload' ? address.objectId?.length === hashBytes : address.objectId === undefined) &&
    (kind === 'directory') === (address.childName !== undefined) &&
    (kind === 'payload' || address.version === 0) &&
    (typeof shardBy === 'string' || (shardBy < shardCount && isControlShard(shardBy) === (kind === 'control')));
  if (!isSound) throw new KeywardError('internal', `the address of a ${kind} row lacks a part or has one too many`);
}
