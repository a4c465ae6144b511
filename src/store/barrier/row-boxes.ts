import { KeywardError } from '../../core/errors.js';
import type { BoxContext } from '../../crypto/box.js';
import { BoxKey, boxTerm, openBox, sealBox } from '../../crypto/box.js';
import type { BoxKind, RowKind } from '../../crypto/box-kinds.js';
import { ByteReader, concat, equalBytes, lp } from '../../crypto/encoding.js';
import { pad, unpad } from '../../crypto/padding.js';
import type { RowAddress } from './barrier.js';
import { notAsWritten } from './integrity-error.js';
import { nameCount, namesOf, type RowKeys, shardOfKey } from './row-keys.js';
import type { StoreKeys } from './store-keys.js';

const schema = 1;

/** A row that was come upon: where it lies, by name, and what it holds. */
export interface FoundRow {
  readonly address: RowAddress;
  readonly body: Uint8Array;
}

/** What a box adds to its plaintext. */
export const boxOverhead = 45;

/**
 * Seals and opens rows. The plaintext of a row is `pad(lp(name) ‖ body)`, of a directory row
 * `pad(lp(directory) ‖ lp(path) ‖ body)`; after opening, the names must be the ones that were asked for.
 */
export class RowBoxes {
  readonly #storeId: string;
  readonly #keys: StoreKeys;
  readonly #rowKeys: RowKeys;

  constructor(storeId: string, keys: StoreKeys, rowKeys: RowKeys) {
    this.#storeId = storeId;
    this.#keys = keys;
    this.#rowKeys = rowKeys;
  }

  /** The padded plaintext, as long as the box will hold it. */
  frame(address: RowAddress, body: Uint8Array): Uint8Array {
    return pad(nameBytes(address), body);
  }

  /** @throws KeywardError `integrity` when the frame names another row. */
  unframe(address: RowAddress, frame: Uint8Array): Uint8Array {
    const framed = unpad(frame);
    const names = nameBytes(address);
    if (!equalBytes(framed.subarray(0, names.length), names)) throw notAsWritten(`a ${address.kind} row names another`);
    return framed.subarray(names.length);
  }

  seal(address: RowAddress, rowKey: Uint8Array, frame: Uint8Array, dataKey?: Uint8Array): Uint8Array {
    const context = this.#context(address.kind, rowKey, address.version);
    if (address.kind === 'payload') return sealBox(payloadKey(dataKey), 0, context, frame);
    const term = this.#keys.currentTerm;
    return sealBox(this.#keys.rows(term), term, context, frame);
  }

  open(address: RowAddress, rowKey: Uint8Array, sealed: Uint8Array, dataKey?: Uint8Array): Uint8Array {
    const context = this.#context(address.kind, rowKey, address.version);
    const key = address.kind === 'payload' ? payloadKey(dataKey) : this.#keys.rows(boxTerm(sealed));
    return this.unframe(address, openBox(key, context, sealed));
  }

  /** Opens a row that was found, not asked for. Its names must hash to its key. */
  openFound(kind: Exclude<RowKind, 'payload'>, rowKey: Uint8Array, sealed: Uint8Array): FoundRow {
    const frame = openBox(this.#keys.rows(boxTerm(sealed)), this.#context(kind, rowKey, 0), sealed);
    const { names, body } = parseFrame(kind, frame);
    if (!this.#rowKeys.belongs(rowKey, kind, names)) throw notAsWritten(`a ${kind} row lies under another row's key`);
    const [name = '', childName] = names;
    return { address: { kind, shardBy: shardOfKey(rowKey), name, childName, version: 0 }, body };
  }

  wrapDataKey(rowKey: Uint8Array, version: number, dataKey: Uint8Array): Uint8Array {
    const term = this.#keys.currentTerm;
    return sealBox(this.#keys.dataKeys(term), term, this.#context('data-key', rowKey, version), dataKey);
  }

  /** `undefined` when it is wrapped under the current term already. */
  rewrapDataKey(rowKey: Uint8Array, version: number, wrapped: Uint8Array): Uint8Array | undefined {
    if (boxTerm(wrapped) >= this.#keys.currentTerm) return undefined;
    return this.wrapDataKey(rowKey, version, this.unwrapDataKey(rowKey, version, wrapped));
  }

  unwrapDataKey(rowKey: Uint8Array, version: number, wrapped: Uint8Array): Uint8Array {
    return openBox(this.#keys.dataKeys(boxTerm(wrapped)), this.#context('data-key', rowKey, version), wrapped);
  }

  sealHead(kind: 'shard-head' | 'store-head', rowKey: Uint8Array, head: Uint8Array): Uint8Array {
    const term = this.#keys.currentTerm;
    return sealBox(this.#keys.rows(term), term, this.#context(kind, rowKey, 0), head);
  }

  openHead(kind: 'shard-head' | 'store-head', rowKey: Uint8Array, sealed: Uint8Array): Uint8Array {
    return openBox(this.#keys.rows(boxTerm(sealed)), this.#context(kind, rowKey, 0), sealed);
  }

  #context(kind: BoxKind, rowKey: Uint8Array, version: number): BoxContext {
    return { storeId: this.#storeId, kind, rowKey, version, schema };
  }
}

function nameBytes(address: RowAddress): Uint8Array {
  return concat(...namesOf(address).map(lp));
}

function parseFrame(kind: RowKind, frame: Uint8Array): { names: readonly string[]; body: Uint8Array } {
  const reader = new ByteReader(unpad(frame));
  const names = Array.from({ length: nameCount(kind) }, () => reader.text());
  return { names, body: reader.rest() };
}

function payloadKey(dataKey: Uint8Array | undefined): BoxKey {
  if (dataKey === undefined) throw new KeywardError('internal', 'a payload row needs its data key');
  return new BoxKey(dataKey);
}
