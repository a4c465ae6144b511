import { KeywardError } from '../../core/errors.js';
import type { Directory } from '../../core/path.js';
import { concat, equalBytes, fromHex, lp, toHex, u8 } from '../../crypto/encoding.js';
import type { Barrier } from '../barrier/barrier.js';

/** Payloads begin with 0 or 1 where they are hashed under the same key. */
const purpose = 2;
const checkBytes = 8;

/** Where the next page of a directory begins, as hex; carries a check, so that nothing else is taken for a cursor. */
export function encodeCursor(barrier: Barrier, directory: Directory, position: Uint8Array): string {
  return toHex(concat(position, check(barrier, directory, position)));
}

/** @throws KeywardError `invalid` for anything but a cursor of this directory in this store. */
export function decodeCursor(barrier: Barrier, directory: Directory, cursor: string): Uint8Array {
  const bytes = /^(?:[0-9a-f]{2}){1,128}$/.test(cursor) ? fromHex(cursor) : new Uint8Array();
  const split = Math.max(0, bytes.length - checkBytes);
  const position = bytes.slice(0, split);
  if (!equalBytes(bytes.slice(split), check(barrier, directory, position))) {
    throw new KeywardError('invalid', 'the cursor is not one that a list of this directory answered', {
      advice: 'Begin the list again without a cursor.',
    });
  }
  return position;
}

function check(barrier: Barrier, directory: Directory, position: Uint8Array): Uint8Array {
  return barrier.mac(concat(u8(purpose), lp(directory), position)).slice(0, checkBytes);
}
