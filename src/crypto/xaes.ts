import { type Cipher, createCipheriv } from 'node:crypto';
import { KeywardError } from '../core/errors.js';
import { openGcm, sealGcm } from './gcm.js';
import { publicRandomBytes } from './random.js';

const keyBytes = 32;
export const xaesNonceBytes = 24;

const blockBytes = 16;
/** How many nonces are made ahead at most. */
const mostAhead = 32;
/** What both blocks begin with, with the counter of the first; the second one's is 2. */
const prefix = Uint8Array.of(0, 1, 0x58, 0);
const counterAt = 1;
const zeros = new Uint8Array(blockBytes);

/** A nonce that nothing was sealed under yet, and the AES-256-GCM key for it. */
export interface FreshNonce {
  readonly nonce: Uint8Array;
  readonly key: Uint8Array;
}

/**
 * A key for XAES-256-GCM (C2SP, https://c2sp.org/XAES-256-GCM) with its key schedule and CMAC subkey computed once. Does
 * not print its bytes.
 *
 * @throws KeywardError `internal` unless it is 32 bytes.
 */
export class XaesKey {
  /** Single blocks, each on its own: what one call encrypts does not depend on those before it. */
  readonly #blocks: Cipher;
  readonly #subkey: Uint8Array;
  readonly #ahead: FreshNonce[] = [];
  /** Doubles each time, so that a key for one message makes one. */
  #nextAhead = 1;

  constructor(key: Uint8Array) {
    if (key.length !== keyBytes) throw new KeywardError('internal', `a box key must be ${keyBytes} bytes`);
    this.#blocks = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    this.#subkey = double(this.#blocks.update(zeros));
  }

  /** The AES-256-GCM key for the nonce: CMAC as counter-mode KDF over its first half, in two blocks. */
  derive(nonce: Uint8Array): Uint8Array {
    if (nonce.length !== xaesNonceBytes) {
      throw new KeywardError('internal', `a box nonce must be ${xaesNonceBytes} bytes`);
    }
    return this.#derive([nonce]);
  }

  /** A random nonce that is given out once, with its key. Several are made at a time: most of the work is the call. */
  fresh(): FreshNonce {
    const made = this.#ahead.pop();
    if (made !== undefined) return made;
    const nonces = Array.from({ length: this.#nextAhead }, () => publicRandomBytes(xaesNonceBytes));
    this.#nextAhead = Math.min(2 * this.#nextAhead, mostAhead);
    const keys = this.#derive(nonces);
    for (const [index, nonce] of nonces.entries()) {
      this.#ahead.push({ nonce, key: keys.subarray(index * keyBytes, (index + 1) * keyBytes) });
    }
    return this.fresh();
  }

  /** The keys of the nonces, one behind the other. */
  #derive(nonces: readonly Uint8Array[]): Uint8Array {
    const message = new Uint8Array(nonces.length * keyBytes);
    for (const [index, nonce] of nonces.entries()) {
      const start = index * keyBytes;
      for (let at = 0; at < blockBytes; at += 1) {
        const prefixed = at < prefix.length ? (prefix[at] ?? 0) : (nonce[at - prefix.length] ?? 0);
        const byte = prefixed ^ (this.#subkey[at] ?? 0);
        message[start + at] = byte;
        message[start + at + blockBytes] = at === counterAt ? byte ^ 1 ^ 2 : byte;
      }
    }
    return this.#blocks.update(message);
  }
}

/** `before` as it is, ciphertext, 16-byte tag. A nonce must never be used twice; 24 random bytes never are. */
export function xaesSeal(
  { nonce, key }: FreshNonce,
  plaintext: Uint8Array,
  aad: Uint8Array,
  before?: Uint8Array,
): Uint8Array {
  return sealGcm(key, nonce.subarray(12), plaintext, aad, before);
}

/** The plaintext; `undefined` when key, nonce, additional data or a single bit of the bytes is not what was sealed. */
export function xaesOpen(key: XaesKey, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined {
  return openGcm(key.derive(nonce), nonce.subarray(12), sealed, aad);
}

/** Multiplication by x in GF(2^128), as CMAC's subkeys need it. */
function double(block: Uint8Array): Uint8Array {
  const reduction = ((block[0] ?? 0) >>> 7) * 0x87;
  return block.map((byte, index) => {
    const next = block[index + 1];
    return (byte << 1) ^ (next === undefined ? reduction : next >>> 7);
  });
}
