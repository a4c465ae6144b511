import { KeywardError } from '../core/errors.js';
import { type PrfKey, sha256 } from './derive.js';
import { lp } from './encoding.js';

const sumBytes = 32;

/** The sum over no rows. */
export function emptySum(): Uint8Array {
  return new Uint8Array(sumBytes);
}

/**
 * What one row adds to the sum of its set: a keyed hash of its key and its sealed bytes.
 *
 * @param hash the SHA-256 of the sealed bytes.
 */
export function setElement(
  setKey: PrfKey,
  rowKey: Uint8Array,
  sealed: Uint8Array,
  hash: Uint8Array = sha256(sealed),
): Uint8Array {
  return setKey.mac(lp(rowKey), hash);
}

/**
 * The sum with the element added, modulo 2^256, as 32 bytes big-endian. A sum and not an exclusive or: there, rows that
 * cancel each other can be found by linear algebra.
 */
export function addElement(sum: Uint8Array, element: Uint8Array): Uint8Array {
  return accumulate(sum, element, 1);
}

/** The sum with the element taken away, modulo 2^256. */
export function subtractElement(sum: Uint8Array, element: Uint8Array): Uint8Array {
  return accumulate(sum, element, -1);
}

function accumulate(sum: Uint8Array, element: Uint8Array, sign: 1 | -1): Uint8Array {
  if (sum.length !== sumBytes || element.length !== sumBytes) {
    throw new KeywardError('internal', `a set hash must be ${sumBytes} bytes`);
  }
  const result = new Uint8Array(sumBytes);
  let carry = 0;
  for (let at = sumBytes - 1; at >= 0; at -= 1) {
    const total = (sum[at] ?? 0) + sign * (element[at] ?? 0) + carry;
    result[at] = total;
    carry = total >> 8;
  }
  return result;
}
