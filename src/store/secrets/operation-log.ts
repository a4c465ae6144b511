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
  place: OperationPlace,
  change: ChangeContext,
  version: number,
  nowMs: number,
): Promise<JournalAddition> {
  if ((await readOutcome(view, place)) !== undefined) {
    throw new KeywardError('conflict', 'this change was closed before it could be made', {
      advice: 'Read the current state, and make the change as a new one if it is still wanted.',
    });
  }
  const { operationId, actor, requestMac } = change;
  return addOperation(view, place, operationId, { outcome: 'committed', time: nowMs, actor, requestMac, version });
}

/** The rows of an operation, which `recordOperation` reads. */
export interface OperationPlace {
  readonly shard: number;
  readonly operation: RowAddress;
  readonly journal: RowAddress;
}

export function operationPlace(shard: number, operationId: string): OperationPlace {
  return { shard, operation: operationAddress(shard, operationId), journal: journalAddress(shard) };
}

/** Looks at operation rows, and closes those that recovery finds open. */
export function createOperationLog({ barrier, clock }: { barrier: Barrier; clock: Clock }): OperationLog {
  return {
    shardOf: (shardBy) => barrier.shardOf(shardBy),
    outcome: async (operationId, shard) => readOutcome(barrier, operationPlace(shard, operationId)),
    close: async (operationId, shard) => {
      const place = operationPlace(shard, operationId);
      return barrier.transact<OperationOutcome>(async (view) => {
        const recorded = await readOutcome(view, place);
        if (recorded !== undefined) return { changes: { put: [], remove: [] }, result: recorded };
        const aborted = {
          outcome: 'aborted',
          time: clock.now(),
          actor: '',
          requestMac: new Uint8Array(),
          version: 0,
        } as const;
        const { changes } = await addOperation(view, place, operationId, aborted);
        return { changes, result: 'aborted' };
      });
    },
  };
}

async function addOperation(
  view: RowView,
  place: OperationPlace,
  operationId: string,
  row: OperationRow,
): Promise<JournalAddition> {
  const { changes, sequence } = await addToJournal(view, place, { operationId, time: row.time });
  const put = { address: place.operation, plaintext: encodeOperation(row) };
  return { changes: { put: [...changes.put, put], remove: changes.remove }, sequence };
}

async function readOutcome(view: RowView, { operation }: OperationPlace): Promise<OperationOutcome | undefined> {
  const bytes = await view.get(operation);
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
