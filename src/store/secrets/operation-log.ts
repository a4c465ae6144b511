import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { ByteReader, concat, lp, u8, u64 } from '../../crypto/encoding.js';
import type { Barrier, RowAddress, RowView } from '../barrier/barrier.js';
import { addToJournal, type JournalAddition, journalAddress, operationAddress } from './operation-journal.js';
import type { ChangeContext, OperationLog, OperationOutcome } from './secret-store.js';

const schema = 1;
const outcomes: readonly OperationOutcome[] = ['committed', 'aborted'];

/**
 * What became of a change. The plaintext of an `operation` row: schema=1 (1) ‖ outcome (1: committed 0, aborted 1)
 * ‖ ms (8) ‖ lp(actor) ‖ lp(request MAC) ‖ resulting version (8). An aborted change has no actor, MAC or version here.
 */
interface OperationRow {
  readonly outcome: OperationOutcome;
  readonly time: number;
  readonly actor: string;
  readonly requestMac: Uint8Array;
  readonly version: number;
}

/**
 * What a change writes beside its own rows, in the same commit: that it was made, under its operation id.
 *
 * @param version the number of the version that the change made or is about, 0 for none.
 * @throws KeywardError `conflict` when something is recorded under this id already: the change was closed, or made.
 */
export async function recordOperation(
  view: RowView,
  shard: number,
  change: ChangeContext,
  version: number,
  nowMs: number,
): Promise<JournalAddition> {
  if ((await readOutcome(view, shard, change.operationId)) !== undefined) {
    throw new KeywardError('conflict', 'this change was closed before it could be made', {
      advice: 'Read the current state, and make the change as a new one if it is still wanted.',
    });
  }
  const { operationId, actor, requestMac } = change;
  return addOperation(view, shard, operationId, { outcome: 'committed', time: nowMs, actor, requestMac, version });
}

/** The rows that `recordOperation` reads. */
export function operationRows(shard: number, { operationId }: ChangeContext): readonly RowAddress[] {
  return [operationAddress(shard, operationId), journalAddress(shard)];
}

/** Looks at operation rows, and closes those that recovery finds open. */
export function createOperationLog({ barrier, clock }: { barrier: Barrier; clock: Clock }): OperationLog {
  return {
    shardOf: (shardBy) => barrier.shardOf(shardBy),
    outcome: (operationId, shard) => readOutcome(barrier, shard, operationId),
    close: (operationId, shard) =>
      barrier.transact<OperationOutcome>(async (view) => {
        const recorded = await readOutcome(view, shard, operationId);
        if (recorded !== undefined) return { changes: { put: [], remove: [] }, result: recorded };
        const aborted = {
          outcome: 'aborted',
          time: clock.now(),
          actor: '',
          requestMac: new Uint8Array(),
          version: 0,
        } as const;
        const { changes } = await addOperation(view, shard, operationId, aborted);
        return { changes, result: 'aborted' };
      }),
  };
}

async function addOperation(
  view: RowView,
  shard: number,
  operationId: string,
  row: OperationRow,
): Promise<JournalAddition> {
  const { changes, sequence } = await addToJournal(view, shard, { operationId, time: row.time });
  const put = { address: operationAddress(shard, operationId), plaintext: encodeOperation(row) };
  return { changes: { put: [...changes.put, put], remove: changes.remove }, sequence };
}

async function readOutcome(view: RowView, shard: number, operationId: string): Promise<OperationOutcome | undefined> {
  const bytes = await view.get(operationAddress(shard, operationId));
  return bytes === undefined ? undefined : decodeOutcome(bytes);
}

function encodeOperation({ outcome, time, actor, requestMac, version }: OperationRow): Uint8Array {
  return concat(u8(schema), u8(outcomes.indexOf(outcome)), u64(time), lp(actor), lp(requestMac), u64(version));
}

function decodeOutcome(bytes: Uint8Array): OperationOutcome {
  const reader = new ByteReader(bytes);
  const rowSchema = reader.u8();
  const outcome = outcomes[reader.u8()];
  reader.u64();
  reader.text();
  reader.lp();
  reader.u64();
  reader.end();
  if (rowSchema !== schema || outcome === undefined) {
    throw new KeywardError('integrity', 'the record of an operation is not as it was written');
  }
  return outcome;
}
