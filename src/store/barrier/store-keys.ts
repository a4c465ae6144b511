import { KeywardError } from '../../core/errors.js';
import { BoxKey } from '../../crypto/box.js';
import { hkdf, prf } from '../../crypto/derive.js';
import { setElement } from '../../crypto/set-hash.js';
import { currentTerm, type Keyring } from './keyring.js';

/** What one term's key is used for, each under a key of its own. */
interface TermKeys {
  readonly rows: BoxKey;
  readonly dataKeys: BoxKey;
}

interface Material {
  readonly index: Uint8Array;
  readonly set: Uint8Array;
  readonly anchor: Uint8Array;
  readonly values: Uint8Array;
  readonly terms: ReadonlyMap<number, TermKeys>;
  readonly currentTerm: number;
}

/** The keys of an open store by what they do. After `forget`, everything throws `sealed`. */
export class StoreKeys {
  #material: Material | undefined;

  constructor(keyring: Keyring) {
    const { index, set, anchor } = keyring.fixed;
    this.#material = {
      index: Uint8Array.from(index.key),
      set: Uint8Array.from(set.key),
      anchor: Uint8Array.from(anchor.key),
      values: Uint8Array.from(keyring.fixed['audit-mac'].key),
      terms: new Map(keyring.terms.map(({ term, key }) => [term, termKeys(key)])),
      currentTerm: currentTerm(keyring).term,
    };
  }

  /** Keyed hash that hides names. */
  index(...parts: readonly Uint8Array[]): Uint8Array {
    return prf(this.#open().index, ...parts);
  }

  /** What a row adds to the account of its set. */
  element(rowKey: Uint8Array, sealed: Uint8Array): Uint8Array {
    return setElement(this.#open().set, rowKey, sealed);
  }

  anchorMac(...parts: readonly Uint8Array[]): Uint8Array {
    return prf(this.#open().anchor, ...parts);
  }

  valueMac(bytes: Uint8Array): Uint8Array {
    return prf(this.#open().values, bytes);
  }

  get currentTerm(): number {
    return this.#open().currentTerm;
  }

  rows(term: number): BoxKey {
    return this.#term(term).rows;
  }

  dataKeys(term: number): BoxKey {
    return this.#term(term).dataKeys;
  }

  get isOpen(): boolean {
    return this.#material !== undefined;
  }

  /** @throws KeywardError `sealed` after `forget`. */
  assertOpen(): void {
    this.#open();
  }

  forget(): void {
    const material = this.#material;
    if (material === undefined) return;
    this.#material = undefined;
    for (const key of [material.index, material.set, material.anchor, material.values]) key.fill(0);
  }

  #term(term: number): TermKeys {
    const keys = this.#open().terms.get(term);
    if (keys === undefined) {
      throw new KeywardError('integrity', 'a row is sealed under a term that the keyring does not hold');
    }
    return keys;
  }

  #open(): Material {
    if (this.#material === undefined) throw new KeywardError('sealed', 'the store was sealed');
    return this.#material;
  }
}

function termKeys(key: Uint8Array): TermKeys {
  const purpose = (name: string) => new BoxKey(hkdf(key, new Uint8Array(0), `keyward/v1/${name}`));
  return { rows: purpose('rows'), dataKeys: purpose('data-keys') };
}
