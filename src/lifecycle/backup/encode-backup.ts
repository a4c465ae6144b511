import { createHash } from 'node:crypto';
import type { SealedRow, StoreSnapshot } from '../../core/backup.js';
import { lp, toHex, utf8 } from '../../crypto/encoding.js';
import {
  type BackupEnd,
  type BackupManifest,
  backupMagic,
  encodePart,
  type PartKind,
  partBytes,
} from './backup-format.js';

/** The kind of a row lies behind the byte of its shard; of a secret it is this. */
const secretKind = 0x01;

/** A backup of the store, as the age box is to hold it. Answers what was in it. */
export async function* encodeStore(
  snapshot: StoreSnapshot,
  manifest: BackupManifest,
): AsyncGenerator<Uint8Array, BackupEnd> {
  const sums = new PartSums();
  yield backupMagic;
  yield encodePart('manifest', utf8(JSON.stringify(manifest)));
  yield sums.part('header', snapshot.header);
  yield sums.part('latch', snapshot.latch);
  let rows = 0;
  let secrets = 0;
  const waiting = new Batch();
  const source = snapshot.rows();
  let next = await source.next();
  for (; next.done !== true; next = await source.next()) {
    rows += 1;
    if (isSecret(next.value)) secrets += 1;
    waiting.add(lp(next.value.key), lp(next.value.value));
    if (waiting.bytes >= partBytes) yield sums.part('rows', ...waiting.take());
  }
  yield sums.part('rows', ...waiting.take());
  for await (const { file, bytes } of snapshot.audit()) yield sums.part('audit', lp(file), bytes);
  const end = { ...next.value, rows, secrets, sha256: sums.all() };
  yield encodePart('end', utf8(JSON.stringify(end)));
  return end;
}

function isSecret({ key }: SealedRow): boolean {
  return key[1] === secretKind;
}

/** Pieces on their way into one part. */
class Batch {
  #pieces: Uint8Array[] = [];
  bytes = 0;

  add(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#pieces.push(piece);
      this.bytes += piece.length;
    }
  }

  take(): readonly Uint8Array[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.bytes = 0;
    return pieces;
  }
}

/** SHA-256 over the bytes of the parts of each kind, one after the other. */
export class PartSums {
  readonly #hashes = new Map<PartKind, ReturnType<typeof createHash>>();

  add(kind: PartKind, ...bytes: readonly Uint8Array[]): void {
    const hash = this.#hashes.get(kind) ?? createHash('sha256');
    for (const piece of bytes) hash.update(piece);
    this.#hashes.set(kind, hash);
  }

  part(kind: PartKind, ...bytes: readonly Uint8Array[]): Uint8Array {
    this.add(kind, ...bytes);
    return encodePart(kind, ...bytes);
  }

  all(): BackupEnd['sha256'] {
    return Object.fromEntries([...this.#hashes].map(([kind, hash]) => [kind, toHex(hash.copy().digest())]));
  }
}
