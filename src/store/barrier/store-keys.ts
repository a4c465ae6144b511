import { KeywardError } from '../../core/errors.js';
import { BoxKey } from '../../crypto/box.js';
import { hkdf, PrfKey, prf } from '../../crypto/derive.js';
import { equalBytes } from '../../crypto/encoding.js';
import { setElement } from '../../crypto/set-hash.js';
import { currentTerm, type Keyring } from './keyring.js';

/** What one term's key is used for, each under a key of its own. */
interface TermKeys {
  readonly rows: BoxKey;
  readonly dataKeys: BoxKey;
}

interface Material {
  readonly index: PrfKey;
  readonly set: PrfKey;
  readonly anchor: PrfKey;
  readonly values: PrfKey;
  readonly terms: ReadonlyMap<number, TermKeys>;
  readonly currentTerm: number;
}

/** Reads the keyring anew: another process may have begun a term. */
export type KeyringReload = () => Promise<Keyring>;

/** The keys of an open store by what they do. After `forget`, everything throws `sealed`. */
export class StoreKeys {
  readonly #reload: KeyringReload | undefined;
  #material: Material | undefined;

  /** @param reload absent where nobody else begins terms. */
  constructor(keyring: Keyring, reload?: KeyringReload) {
    const { index, set, anchor } = keyring.fixed;
    this.#reload = reload;
    this.#material = {
      index: new PrfKey(index.key),
      set: new PrfKey(set.key),
      anchor: new PrfKey(anchor.key),
      values: new PrfKey(keyring.fixed['audit-mac'].key),
      terms: new Map(keyring.terms.map(({ term, key }) => [term, termKeys(key)])),
      currentTerm: currentTerm(keyring).term,
    };
  }

  /** Whether the term is at hand, after the keyring was read anew when it was not. */
  async learn(term: number): Promise<boolean> {
    if (this.#open().terms.has(term)) return true;
    if (this.#reload === undefined) return false;
    this.adopt(await this.#reload());
    return this.#open().terms.has(term);
  }

  /**
   * Takes in the terms of the keyring as it is now. Terms that it no longer holds stay until the store is closed: a
   * listing that began earlier may still need them.
   *
   * @throws KeywardError `sealed` when it is the keyring of another set of fixed keys.
   */
  adopt(keyring: Keyring): void {
    const material = this.#open();
    if (!isKey(material.index, keyring.fixed.index.key) || !isKey(material.set, keyring.fixed.set.key)) {
      throw new KeywardError('sealed', 'the keys of the store were replaced by another process', {
        advice: 'Open the store again.',
      });
    }
    const added = keyring.terms.filter(({ term }) => !material.terms.has(term));
    this.#material = {
      ...material,
      terms: new Map([...material.terms, ...added.map(({ term, key }) => [term, termKeys(key)] as const)]),
      currentTerm: Math.max(material.currentTerm, currentTerm(keyring).term),
    };
  }

  /** Keyed hash that hides names. */
  index(...parts: readonly Uint8Array[]): Uint8Array {
    return this.#open().index.mac(...parts);
  }

  /** What a row adds to the account of its set; `hash` is the SHA-256 of its sealed bytes, where that is at hand. */
  element(rowKey: Uint8Array, sealed: Uint8Array, hash?: Uint8Array): Uint8Array {
    return setElement(this.#open().set, rowKey, sealed, hash);
  }

  anchorMac(...parts: readonly Uint8Array[]): Uint8Array {
    return this.#open().anchor.mac(...parts);
  }

  valueMac(bytes: Uint8Array): Uint8Array {
    return this.#open().values.mac(bytes);
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
    for (const key of [material.index, material.set, material.anchor, material.values]) key.forget();
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

/** Equal keys, and no others, give equal hashes. */
function isKey(key: PrfKey, bytes: Uint8Array): boolean {
  return equalBytes(key.mac(), prf(bytes));
}

function termKeys(key: Uint8Array): TermKeys {
  const purpose = (name: string) => new BoxKey(hkdf(key, new Uint8Array(0), `keyward/v1/${name}`));
  return { rows: purpose('rows'), dataKeys: purpose('data-keys') };
}
