import { createDecipheriv } from 'node:crypto';
import { KeywardError } from '../core/errors.js';
import {
  ageVersion,
  bodyColumns,
  chunkBytes,
  chunkNonce,
  fileKeyBytes,
  payloadNonceBytes,
  x25519Label,
} from './age-format.js';
import type { AgeIdentity } from './age-identity.js';
import { hkdf, prf } from './derive.js';
import { concat, equalBytes, fromBase64 } from './encoding.js';
import { openAead, tagBytes, tagOptions } from './open-aead.js';

/**
 * Reads age boxes (age-encryption.org/v1, C2SP) with X25519 identities. The library for age takes 3 ms for each box and
 * 59 ms to load, which a program that starts with fifty values would feel; it is the tests' second opinion.
 */

interface Stanza {
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

interface Header {
  readonly stanzas: readonly Stanza[];
  readonly mac: Uint8Array;
  /** What the MAC covers. */
  readonly covered: Uint8Array;
  readonly payload: Uint8Array;
}

const maxHeaderBytes = 64 * 1024;
const keyBytes = 32;
const sealedChunkBytes = chunkBytes + tagBytes;
const none = new Uint8Array(0);

/**
 * The plaintext; `undefined` when the box is for none of the identities.
 *
 * @throws KeywardError `integrity` when it is no age box, or is not as it was written.
 */
export function openAge(box: Uint8Array, identities: readonly AgeIdentity[]): Uint8Array | undefined {
  const header = readHeader(box);
  const fileKey = unwrap(header.stanzas, identities);
  if (fileKey === undefined) return undefined;
  assertMac(header, fileKey);
  const nonce = header.payload.subarray(0, payloadNonceBytes);
  if (nonce.length < payloadNonceBytes) throw damaged();
  return openStream(hkdf(fileKey, nonce, 'payload'), header.payload.subarray(payloadNonceBytes));
}

/**
 * The key of a box whose beginning is given, at least its header; `undefined` when it is for none of the identities.
 *
 * @throws KeywardError `integrity` as `openAge`.
 */
export function ageFileKey(beginning: Uint8Array, identities: readonly AgeIdentity[]): Uint8Array | undefined {
  const header = readHeader(beginning);
  const fileKey = unwrap(header.stanzas, identities);
  if (fileKey !== undefined) assertMac(header, fileKey);
  return fileKey;
}

/**
 * Opens a box of any length in pieces of at most 64 KiB. A piece is what was sealed there; that the box ends where it was
 * ended is known when the last one came.
 *
 * @param fileKey as `ageFileKey` answers it.
 * @throws KeywardError `integrity` when it is no age box, or is not as it was written.
 */
export async function* openAgeStream(box: AsyncIterable<Uint8Array>, fileKey: Uint8Array): AsyncGenerator<Uint8Array> {
  let held: Uint8Array = none;
  let key: Uint8Array | undefined;
  let number = 0;
  for await (const piece of box) {
    held = concat(held, piece);
    if (key === undefined) {
      if (held.length < maxHeaderBytes + payloadNonceBytes) continue;
      ({ key, held } = beginPayload(held, fileKey));
    }
    let at = 0;
    // The last chunk is sealed in another way, so one is always held back.
    for (; held.length - at > sealedChunkBytes; at += sealedChunkBytes, number += 1) {
      yield openNumbered(key, number, false, held.subarray(at, at + sealedChunkBytes));
    }
    held = held.slice(at);
  }
  if (key === undefined) {
    ({ key, held } = beginPayload(held, fileKey));
    for (; held.length > sealedChunkBytes; held = held.subarray(sealedChunkBytes), number += 1) {
      yield openNumbered(key, number, false, held.subarray(0, sealedChunkBytes));
    }
  }
  yield openNumbered(key, number, true, held);
}

function beginPayload(beginning: Uint8Array, fileKey: Uint8Array) {
  const header = readHeader(beginning);
  assertMac(header, fileKey);
  const nonce = header.payload.subarray(0, payloadNonceBytes);
  if (nonce.length < payloadNonceBytes) throw damaged();
  return { key: hkdf(fileKey, nonce, 'payload'), held: header.payload.slice(payloadNonceBytes) };
}

function openNumbered(key: Uint8Array, number: number, isLast: boolean, sealed: Uint8Array): Uint8Array {
  const chunk = openChunk(key, chunkNonce(number, isLast), sealed);
  if (chunk === undefined || (chunk.length === 0 && number > 0)) throw damaged();
  return chunk;
}

function assertMac(header: Header, fileKey: Uint8Array): void {
  if (!equalBytes(prf(hkdf(fileKey, none, 'header'), header.covered), header.mac)) throw damaged();
}

/** For how many recipients the box is. @throws KeywardError `integrity` when it is no age box. */
export function ageRecipientCount(box: Uint8Array): number {
  return readHeader(box).stanzas.filter(({ args }) => args[0] === 'X25519').length;
}

function readHeader(box: Uint8Array): Header {
  const text = new TextDecoder('latin1').decode(box.subarray(0, maxHeaderBytes));
  const end = /\n--- ([A-Za-z0-9+/]{43})\n/.exec(text);
  if (end === null || end[1] === undefined) throw damaged();
  const [first, ...lines] = text.slice(0, end.index).split('\n');
  if (first !== ageVersion) throw damaged();
  return {
    stanzas: readStanzas(lines),
    mac: fromUnpaddedBase64(end[1]),
    covered: box.subarray(0, end.index + '\n---'.length),
    payload: box.subarray(end.index + end[0].length),
  };
}

function readStanzas(lines: readonly string[]): readonly Stanza[] {
  const stanzas: Stanza[] = [];
  for (let at = 0; at < lines.length; ) {
    const args = /^-> ([\x21-\x7e]+(?: [\x21-\x7e]+)*)$/.exec(lines[at] ?? '')?.[1];
    if (args === undefined) throw damaged();
    at += 1;
    let body = '';
    for (let isLast = false; !isLast; at += 1) {
      const line = lines[at];
      if (line === undefined || line.length > bodyColumns) throw damaged();
      body += line;
      isLast = line.length < bodyColumns;
    }
    stanzas.push({ args: args.split(' '), body: fromUnpaddedBase64(body) });
  }
  return stanzas;
}

function unwrap(stanzas: readonly Stanza[], identities: readonly AgeIdentity[]): Uint8Array | undefined {
  for (const { args, body } of stanzas) {
    if (args[0] !== 'X25519') continue;
    const share = fromUnpaddedBase64(args[1] ?? '');
    if (args.length !== 2 || share.length !== keyBytes || body.length !== fileKeyBytes + tagBytes) throw damaged();
    for (const { publicKey, agree } of identities) {
      const key = hkdf(agree(share), concat(share, publicKey), x25519Label);
      const fileKey = openChunk(key, new Uint8Array(12), body);
      if (fileKey !== undefined) return fileKey;
    }
  }
  return undefined;
}

/** STREAM: chunks of 64 KiB, each with its number and whether it is the last. */
function openStream(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let at = 0, number = 0; at === 0 || at < sealed.length; at += sealedChunkBytes, number += 1) {
    const isLast = at + sealedChunkBytes >= sealed.length;
    chunks.push(openNumbered(key, number, isLast, sealed.subarray(at, at + sealedChunkBytes)));
  }
  return concat(...chunks);
}

function openChunk(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  return openAead(createDecipheriv('chacha20-poly1305', key, nonce, tagOptions), sealed);
}

function fromUnpaddedBase64(text: string): Uint8Array {
  try {
    return fromBase64(text + '='.repeat((4 - (text.length % 4)) % 4));
  } catch {
    throw damaged();
  }
}

function damaged(): KeywardError {
  return new KeywardError('integrity', 'an age box is not as it was written');
}
