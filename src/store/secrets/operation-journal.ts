import { KeywardError } from '../../core/errors.js';
import { ByteReader, concat, fromHex, toHex, u8, u64 } from '../../crypto/encoding.js';
import type { RowAddress, RowChanges, RowPut, RowView } from '../barrier/barrier.js';
import { shardsOfKind } from '../barrier/row-keys.js';

/** How long an operation row is kept: an intent that nobody closed for so long counts as not committed. */
export const operationRetentionMs = 24 * 60 * 60 * 1000;

/** Entries of a full block. Letting one go takes this many rows of a commit, and one more. */
const blockEntries = 8;
const journalName = 'journal';
const schema = 1;
const idBytes = 16;
const entryBytes = idBytes + 8;

interface JournalEntry {
  readonly operationId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/**
 * Which operation rows a shard holds, so that those over 24 hours old are found: every change in the shard adds its own
 * and looks at the oldest, which is a constant amount of work however many there are. The plaintexts, oldest entry first:
 *
 *     journal row = schema=1 (1) ‖ operations so far (8) ‖ first block (8) ‖ ms of the last entry of the first block (8)
 *                   ‖ entry … of the block that is not full
 *     block row   = schema=1 (1) ‖ entry …
 *     entry       = operation id (16) ‖ ms (8)
 *
 * Block n is for the operations 8·n + 1 to 8·n + 8. Full blocks from `firstBlock` on have rows of their own; while there
 * is none, the time of its last entry is 0.
 */
interface Journal {
  readonly count: number;
  readonly firstBlock: number;
  readonly firstBlockTime: number;
  readonly open: readonly JournalEntry[];
}

export interface JournalAddition {
  readonly changes: RowChanges;
  /** Which operation of the shard this is, from 1. No two ever have the same number. */
  readonly sequence: number;
}

export function operationAddress(shard: number, operationId: string): RowAddress {
  if (!/^[0-9a-f]{32}$/.test(operationId)) throw new KeywardError('invalid', 'an operation id is 32 hex digits');
  return address(shard, operationId);
}

/** What has to change so that the shard knows the operation row, and forgets some that are too old. */
export async function addToJournal(
  view: RowView,
  { shard, journal: address }: { readonly shard: number; readonly journal: RowAddress },
  entry: JournalEntry,
): Promise<JournalAddition> {
  const bytes = await view.get(address);
  const before = bytes === undefined ? { count: 0, firstBlock: 0, firstBlockTime: 0, open: [] } : decodeJournal(bytes);
  const { journal, remove } = await withoutExpired(view, shard, before, entry.time - operationRetentionMs);
  const block = Math.floor(journal.count / blockEntries);
  const sequence = journal.count + 1;
  const open = [...journal.open, entry];
  const isFull = sequence % blockEntries === 0;
  const firstBlockTime = isFull && journal.firstBlock === block ? lastTime(open) : journal.firstBlockTime;
  const after = { count: sequence, firstBlock: journal.firstBlock, firstBlockTime, open: isFull ? [] : open };
  const put = [{ address, plaintext: encodeJournal(after) }];
  if (isFull) put.push({ address: blockAddress(shard, block), plaintext: concat(u8(schema), ...entryParts(open)) });
  return { changes: { put, remove }, sequence };
}

/**
 * The journals of a store whose names all fall in other shards than before. The operations themselves are left behind:
 * nobody waits for one. Each journal goes on behind every one of before, so that no number comes back.
 */
export class JournalsOfNewShards {
  #count = 0;

  /** An operation row of before. */
  note({ address: { name }, body }: { readonly address: RowAddress; readonly body: Uint8Array }): void {
    if (name === journalName) this.#count = Math.max(this.#count, decodeJournal(body).count);
  }

  puts(): readonly RowPut[] {
    if (this.#count === 0) return [];
    const firstBlock = Math.floor(this.#count / blockEntries);
    const plaintext = encodeJournal({ count: this.#count, firstBlock, firstBlockTime: 0, open: [] });
    return shardsOfKind('operation').map((shard) => ({ address: journalAddress(shard), plaintext }));
  }
}

/** The oldest block goes when all of it is too old; while there is none but the open one, single entries do. */
async function withoutExpired(
  view: RowView,
  shard: number,
  journal: Journal,
  limitMs: number,
): Promise<{ readonly journal: Journal; readonly remove: readonly RowAddress[] }> {
  const addressOf = (entry: JournalEntry) => operationAddress(shard, entry.operationId);
  const blocks = Math.floor(journal.count / blockEntries);
  if (journal.firstBlock === blocks) {
    const expired = journal.open.filter((entry) => entry.time < limitMs);
    const open = journal.open.filter((entry) => entry.time >= limitMs);
    return { journal: { ...journal, open }, remove: expired.map(addressOf) };
  }
  if (journal.firstBlockTime >= limitMs) return { journal, remove: [] };
  const firstBlock = journal.firstBlock + 1;
  const expired = await readBlock(view, shard, journal.firstBlock);
  const firstBlockTime = firstBlock === blocks ? 0 : lastTime(await readBlock(view, shard, firstBlock));
  return {
    journal: { ...journal, firstBlock, firstBlockTime },
    remove: [blockAddress(shard, journal.firstBlock), ...expired.map(addressOf)],
  };
}

async function readBlock(view: RowView, shard: number, block: number): Promise<readonly JournalEntry[]> {
  const bytes = await view.get(blockAddress(shard, block));
  if (bytes === undefined) throw damaged();
  return decodeBlock(bytes);
}

/** The newest of them: no block goes before the last of its operations may. */
function lastTime(entries: readonly JournalEntry[]): number {
  return Math.max(...entries.map(({ time }) => time));
}

export function journalAddress(shard: number): RowAddress {
  return address(shard, journalName);
}

function blockAddress(shard: number, block: number): RowAddress {
  return address(shard, `journal/${block}`);
}

function address(shard: number, name: string): RowAddress {
  return { kind: 'operation', shardBy: shard, name, version: 0 };
}

function encodeJournal({ count, firstBlock, firstBlockTime, open }: Journal): Uint8Array {
  return concat(u8(schema), u64(count), u64(firstBlock), u64(firstBlockTime), ...entryParts(open));
}

function decodeJournal(bytes: Uint8Array): Journal {
  const reader = new ByteReader(bytes);
  const [rowSchema, count, firstBlock, firstBlockTime] = [reader.u8(), reader.u64(), reader.u64(), reader.u64()];
  const open = readEntries(reader.rest());
  const isSound = open.length <= count % blockEntries && firstBlock <= Math.floor(count / blockEntries);
  if (rowSchema !== schema || !isSound) throw damaged();
  return { count, firstBlock, firstBlockTime, open };
}

function decodeBlock(bytes: Uint8Array): readonly JournalEntry[] {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== schema) throw damaged();
  const entries = readEntries(reader.rest());
  if (entries.length === 0 || entries.length > blockEntries) throw damaged();
  return entries;
}

function entryParts(entries: readonly JournalEntry[]): readonly Uint8Array[] {
  return entries.flatMap((entry) => [fromHex(entry.operationId), u64(entry.time)]);
}

function readEntries(bytes: Uint8Array): readonly JournalEntry[] {
  if (bytes.length % entryBytes !== 0) throw damaged();
  const reader = new ByteReader(bytes);
  return Array.from({ length: bytes.length / entryBytes }, () => ({
    operationId: toHex(reader.bytes(idBytes)),
    time: reader.u64(),
  }));
}

function damaged(): KeywardError {
  return new KeywardError('integrity', 'the journal of operations is not as it was written');
}
