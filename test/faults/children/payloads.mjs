import { createHash } from 'node:crypto';
import { textPayload } from 'keyward';

/** The one value that a version of a path can hold: of many sizes, and checkable by itself. */
export function expectedPayload(path, number) {
  const seed = createHash('sha256').update(`${path} ${number}`).digest('hex');
  const length = (number * 389 + path.length * 71) % 9_000;
  return textPayload(`${path} ${number} ${seed.repeat(Math.ceil(length / seed.length))}`);
}

export function isExpected(payload, path, number) {
  return Buffer.compare(payload.bytes, expectedPayload(path, number).bytes) === 0;
}
