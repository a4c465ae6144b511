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
  const snapshot = await from.snapshot();
  try {
    await writeEntries(folder, clock, async (write) => {
      for (let entries = readBatch(snapshot, undefined); entries.length > 0; ) {
        await write(entries);
        entries = readBatch(snapshot, entries.at(-1)?.key);
      }
    });
  } finally {
    snapshot.release();
  }
}

/** Makes a new database of the entries that `fill` writes. Not durable yet. */
export async function writeEntries(
  folder: string,
  clock: Clock,
  fill: (write: (entries: readonly Entry[]) => Promise<void>) => Promise<void>,
): Promise<void> {
  const copy = new LmdbEnvironment({ folder, isDurable: false, clock });
  try {
    await copy.read(() => undefined);
    await fill(async (entries) => {
      const written = await copy.write((database) => putAll(database, entries), undefined);
      if (written.kind === 'uncertain') throw written.cause;
    });
  } finally {
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
