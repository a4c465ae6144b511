import { createHash, createHmac, hash, hkdfSync } from 'node:crypto';
import { KeywardError } from '../core/errors.js';
import { concat, latin1Bytes, utf8 } from './encoding.js';

const hashBytes = 32;
const blockBytes = 64;
/** Messages that are longer are hashed in pieces. */
const scratchBytes = 512;

/** HKDF-SHA-256 (RFC 5869). `length` in bytes, at most 8160. */
export function hkdf(secret: Uint8Array, salt: Uint8Array, info: string | Uint8Array, length: number = 32): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, typeof info === 'string' ? utf8(info) : info, length));
}

/** HMAC-SHA-256 of the parts, one after the other; whoever needs them kept apart passes them through `lp`. */
export function prf(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return new Uint8Array(hmac.digest());
}

/**
 * `prf` under a key that is used often: HMAC (RFC 2104) over its two padded forms, made once, which takes a third of the
 * time of a new HMAC object for each message.
 *
 * @throws KeywardError `internal` for a key of more than 64 bytes.
 */
export class PrfKey {
  /** The inner form of the key, and behind it the message. */
  readonly #inner = new Uint8Array(blockBytes + scratchBytes);
  /** The outer form, and behind it the inner hash. */
  readonly #outer = new Uint8Array(blockBytes + hashBytes);

  constructor(key: Uint8Array) {
    if (key.length > blockBytes) throw new KeywardError('internal', 'the key of a keyed hash is too long');
    for (let at = 0; at < blockBytes; at += 1) {
      const byte = key[at] ?? 0;
      this.#inner[at] = byte ^ 0x36;
      this.#outer[at] = byte ^ 0x5c;
    }
  }

  /** HMAC-SHA-256 of the parts, one after the other. */
  mac(...parts: readonly Uint8Array[]): Uint8Array {
    this.#outer.set(this.#innerHash(parts), blockBytes);
    return sha256(this.#outer);
  }

  /** Overwrites the key. */
  forget(): void {
    this.#inner.fill(0);
    this.#outer.fill(0);
  }

  #innerHash(parts: readonly Uint8Array[]): Uint8Array {
    let length = blockBytes;
    for (const part of parts) length += part.length;
    if (length > this.#inner.length) {
      const long = createHash('sha256').update(this.#inner.subarray(0, blockBytes));
      for (const part of parts) long.update(part);
      return long.digest();
    }
    let offset = blockBytes;
    for (const part of parts) {
      this.#inner.set(part, offset);
      offset += part.length;
    }
    return sha256(this.#inner.subarray(0, length));
  }
}

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  const message = parts.length === 1 && only !== undefined ? only : concat(...parts);
  // As text, because Node takes twice as long to make a buffer of it.
  return latin1Bytes(hash('sha256', message, 'binary'));
}
