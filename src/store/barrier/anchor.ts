import { ByteReader, concat, equalBytes, lp, u8, u64 } from '../../crypto/encoding.js';
import type { StorePosition } from './barrier.js';
import { isBefore, type StoreHead } from './heads.js';
import type { StoreKeys } from './store-keys.js';

/*
 * What the store was last known to be, kept outside of it:
 *
 *   layout(1) ‖ lp(storeId) ‖ u64 epoch ‖ u64 commit ‖ digest(32) ‖ mac(32)
 *   digest = PRF(anchor, lp("keyward/anchor/head/v1") ‖ headHash): the sum itself never lies anywhere in clear
 *   mac    = PRF(anchor, lp("keyward/anchor/v1") ‖ everything before it)
 */

const layout = 1;
const hashBytes = 32;

export type AnchorVerdict =
  /** The store is what the anchor says, or has gone on from there. */
  | 'same'
  | 'ahead'
  /** Older than the anchor, or the same commit with another content. */
  | 'disagrees'
  /** Not made by the keys of this store: the anchor is damaged, or the header was replaced by somebody else's. */
  | 'foreign';

export function encodeAnchor(keys: StoreKeys, storeId: string, head: StoreHead): Uint8Array {
  const body = concat(u8(layout), lp(storeId), u64(head.epoch), u64(head.commit), digest(keys, head));
  return concat(body, macOf(keys, body));
}

export function compareWithAnchor(keys: StoreKeys, storeId: string, head: StoreHead, bytes: Uint8Array): AnchorVerdict {
  const anchor = openAnchor(keys, storeId, bytes);
  if (anchor === undefined) return 'foreign';
  if (isBefore(head, anchor)) return 'disagrees';
  if (isBefore(anchor, head)) return 'ahead';
  return equalBytes(anchor.digest, digest(keys, head)) ? 'same' : 'disagrees';
}

/** Where the store was at; `undefined` when the anchor is damaged, forged or another store's. */
export function openAnchor(
  keys: StoreKeys,
  storeId: string,
  bytes: Uint8Array,
): (StorePosition & { readonly digest: Uint8Array }) | undefined {
  const split = Math.max(0, bytes.length - hashBytes);
  const body = bytes.subarray(0, split);
  return equalBytes(bytes.subarray(split), macOf(keys, body)) ? readBody(storeId, body) : undefined;
}

/**
 * Where an anchor says that the store was at, without the key to check it. Good enough for a writer that knows what is
 * true and only must not go back.
 */
export function claimedPosition(storeId: string, bytes: Uint8Array): StorePosition | undefined {
  return readBody(storeId, bytes.subarray(0, Math.max(0, bytes.length - hashBytes)));
}

function readBody(storeId: string, body: Uint8Array) {
  try {
    const reader = new ByteReader(body);
    if (reader.u8() !== layout || reader.text() !== storeId) return undefined;
    const anchor = { epoch: reader.u64(), commit: reader.u64(), digest: reader.bytes(hashBytes) };
    reader.end();
    return anchor;
  } catch {
    return undefined;
  }
}

function digest(keys: StoreKeys, head: StoreHead): Uint8Array {
  return keys.anchorMac(lp('keyward/anchor/head/v1'), head.headHash);
}

function macOf(keys: StoreKeys, body: Uint8Array): Uint8Array {
  return keys.anchorMac(lp('keyward/anchor/v1'), body);
}
