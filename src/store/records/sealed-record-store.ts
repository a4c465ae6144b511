import type { RecordValue } from '../../core/client.js';
import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';
import { ByteReader, concat, lp, u8, u64 } from '../../crypto/encoding.js';
import type { Barrier, RowAddress, RowView } from '../barrier/barrier.js';
import { operationPlace, recordOperation } from '../secrets/operation-log.js';
import type { RecordStore } from './record-store.js';

export const maxRecordBytes = 64 * 1024;
const schema = 1;

/** The plaintext of a `record` row: schema=1 (1) ‖ revision (8) ‖ lp(name) ‖ the bytes. */
interface SealedRecord extends RecordValue {
  readonly name: string;
}

/**
 * Records as sealed rows. A revision is the number of the change among those of its shard, so it is not given out again
 * even after the record was removed.
 */
export function createRecordStore({
  barrier,
  clock,
}: {
  readonly barrier: Barrier;
  readonly clock: Clock;
}): RecordStore {
  return {
    async get(name) {
      const record = await readRecord(barrier, checkedName(name));
      return record && { bytes: record.bytes, revision: record.revision };
    },

    async put(change, name, bytes, { ifRevision }) {
      const address = addressOf(checkedName(name));
      if (bytes.length > maxRecordBytes) {
        throw new KeywardError('too_large', `a record has at most ${maxRecordBytes} bytes`);
      }
      const place = operationPlace(barrier.shardOf(name), change.operationId);
      return barrier.transact(async (view) => {
        assertRevision(name, await readRecord(view, name), ifRevision);
        const { changes, sequence } = await recordOperation(view, place, change, 0, clock.now());
        const plaintext = concat(u8(schema), u64(sequence), lp(name), bytes);
        return { changes: { put: [...changes.put, { address, plaintext }], remove: changes.remove }, result: sequence };
      });
    },

    async remove(change, name, { ifRevision }) {
      const address = addressOf(checkedName(name));
      const place = operationPlace(barrier.shardOf(name), change.operationId);
      return barrier.transact(async (view) => {
        const record = await readRecord(view, name);
        assertRevision(name, record, ifRevision);
        if (record === undefined) throw new KeywardError('not_found', `there is no record ${name}`);
        const { changes } = await recordOperation(view, place, change, 0, clock.now());
        return { changes: { put: changes.put, remove: [...changes.remove, address] }, result: undefined };
      });
    },

    async list(prefix) {
      const names: string[] = [];
      for await (const plaintext of barrier.listKind('record')) {
        const { name } = decodeRecord(plaintext);
        if (name.startsWith(prefix)) names.push(name);
      }
      return names.sort();
    },
  };
}

/** @throws KeywardError `conflict` */
function assertRevision(name: string, record: SealedRecord | undefined, ifRevision: number): void {
  if ((record?.revision ?? 0) === ifRevision) return;
  const problem = record === undefined ? 'does not exist' : ifRevision === 0 ? 'exists already' : 'was changed';
  throw new KeywardError('conflict', `the record ${name} ${problem}`);
}

async function readRecord(view: RowView, name: string): Promise<SealedRecord | undefined> {
  const plaintext = await view.get(addressOf(name));
  if (plaintext === undefined) return undefined;
  const record = decodeRecord(plaintext);
  if (record.name !== name) throw damaged();
  return record;
}

function addressOf(name: string): RowAddress {
  return { kind: 'record', shardBy: name, name, version: 0 };
}

function checkedName(name: string): string {
  if (!/^[\x21-\x7e]{1,256}$/.test(name)) {
    throw new KeywardError('invalid', `${quoted(name)} is no record name: use 1 to 256 printable ASCII characters`);
  }
  return name;
}

function decodeRecord(plaintext: Uint8Array): SealedRecord {
  const reader = new ByteReader(plaintext);
  const [rowSchema, revision, name, bytes] = [reader.u8(), reader.u64(), reader.text(), reader.rest()];
  if (rowSchema !== schema || revision === 0 || bytes.length > maxRecordBytes) throw damaged();
  return { name, revision, bytes };
}

function damaged(): KeywardError {
  return new KeywardError('integrity', 'the row of a record is not as it was written');
}
