import { KeywardError } from '../core/errors.js';
import { ByteReader, u32 } from './encoding.js';

const prefixBytes = 4;
const stepBytes = 64;
const stepsUpTo = 1024;

/**
 * Hides the exact length of the parts, one after the other: a 4-byte length, the bytes, zeros up to the next multiple of 64 bytes, above 1 KiB up to the
 * next Padmé size (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", 2019), which adds at most 12 %.
 */
export function pad(...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((total, part) => total + part.length, 0);
  const padded = new Uint8Array(paddedLength(prefixBytes + length));
  padded.set(u32(length));
  let end = prefixBytes;
  for (const part of parts) {
    padded.set(part, end);
    end += part.length;
  }
  return padded;
}

/** The bytes that were padded, in the memory where they lie. @throws KeywardError `integrity` for anything that `pad` does not write. */
export function unpad(padded: Uint8Array): Uint8Array {
  const length = new ByteReader(padded).u32();
  const filled = prefixBytes + length;
  if (padded.length !== paddedLength(filled)) throw notPadded();
  for (let at = filled; at < padded.length; at += 1) if (padded[at] !== 0) throw notPadded();
  return padded.subarray(prefixBytes, filled);
}

/** The length that `length` bytes take when they are padded. */
export function paddedLength(length: number): number {
  const step = length <= stepsUpTo ? stepBytes : padmeStep(length);
  return Math.ceil(length / step) * step;
}

function padmeStep(length: number): number {
  const exponent = floorLog2(length);
  return 2 ** (exponent - floorLog2(exponent) - 1);
}

function floorLog2(value: number): number {
  return 31 - Math.clz32(value);
}

function notPadded(): KeywardError {
  return new KeywardError('integrity', 'the padding of a payload is not as it was written');
}
