import type { Clock } from '../../../core/clock.js';
import { type Database, LmdbEnvironment, type Snapshot } from './lmdb-environment.js';

const batchEntries = 1_000;
const batchBytes = 1024 * 1024;

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * Writes every entry of one state of the database into a new one, entry by entry: LMDB's own copy takes whole pages, and
 * with them what lies in their unused parts. Not durable yet.
 */
export async function writeCopy(from: LmdbEnvironment, folder: string, clock: Clock): Promise<void> {
  const copy = new LmdbEnvironment({ folder, isDurable: false, clock });
  const snapshot = await from.snapshot();
  try {
    for (let after: Uint8Array | undefined, isLast = false; !isLast; ) {
      const entries = readBatch(snapshot, after);
      const written = await copy.write((database) => putAll(database, entries), undefined);
      if (written.kind === 'uncertain') throw written.cause;
      after = entries.at(-1)?.key;
      isLast = after === undefined;
    }
  } finally {
    snapshot.release();
    await copy.close();
  }
}

function putAll(database: Database, entries: readonly Entry[]): void {
  for (const { key, value } of entries) database.put(key, value);
}

function readBatch(snapshot: Snapshot, after: Uint8Array | undefined): readonly Entry[] {
  return snapshot.read((database, transaction) => {
    const entries: Entry[] = [];
    let bytes = 0;
    const start = after && Buffer.concat([after, Buffer.of(0)]);
    for (const { key, value } of database.getRange({ ...(start && { start }), limit: batchEntries, transaction })) {
      entries.push({ key: Buffer.from(key), value: Buffer.from(value) });
      bytes += value.length;
      if (bytes > batchBytes) break;
    }
    return entries;
  });
}
