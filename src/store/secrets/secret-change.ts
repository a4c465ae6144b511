import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import { equalBytes } from '../../crypto/encoding.js';
import type { Barrier, RowAddress, RowChanges, RowPut, RowView } from '../barrier/barrier.js';
import { addToDirectories, removeFromDirectories } from './directory-index.js';
import { operationPlace, recordOperation } from './operation-log.js';
import { decodeSecret, encodeSecret } from './secret-codec.js';
import { payloadAddress, secretAddress } from './secret-rows.js';
import { currentNumber, type SecretState } from './secret-state.js';
import type { ChangeContext } from './secret-store.js';

/** What follows from a secret as it is. */
export interface SecretStep<T> {
  /** `undefined` removes the secret. */
  readonly after: SecretState | undefined;
  /** The payload of a new version. */
  readonly put?: RowPut;
  readonly result: T;
  /** The number of the version that the change made or is about, for its operation row. */
  readonly version?: number;
}

/** The secret as it is (`undefined` when there is none), the view it was read from, and the time in ms since 1970. */
type StepBuilder<T> = (
  before: SecretState | undefined,
  view: RowView,
  nowMs: number,
) => SecretStep<T> | Promise<SecretStep<T>>;

/**
 * One change of one secret as one transaction: its rows, the directories above it, and the operation row. Resolves when
 * durable; when anything throws, nothing has changed.
 */
export async function changeSecret<T>(
  { barrier, clock }: { readonly barrier: Barrier; readonly clock: Clock },
  change: ChangeContext,
  path: Path,
  build: StepBuilder<T>,
): Promise<T> {
  const shard = barrier.shardOf(path);
  const address = secretAddress(path);
  const place = operationPlace(shard, change.operationId);
  return barrier.transact(
    async (view) => {
      const nowMs = clock.now();
      const before = await readSecret(view, path, address);
      const step = await build(before, view, nowMs);
      const operation = await recordOperation(view, place, change, step.version ?? 0, nowMs);
      const changes = joined([
        operation.changes,
        secretChanges(address, before, step, nowMs),
        await directoryChanges(view, path, before, step.after),
      ]);
      return { changes, result: step.result };
    },
    [address, place.operation, place.journal],
  );
}

/** @throws KeywardError `integrity` */
export async function readSecret(
  view: RowView,
  path: Path,
  address: RowAddress = secretAddress(path),
): Promise<SecretState | undefined> {
  const bytes = await view.get(address);
  return bytes === undefined ? undefined : decodeSecret(path, bytes);
}

/** @throws KeywardError `not_found` when there is no such secret. */
export function existing(before: SecretState | undefined, path: Path): SecretState {
  if (before === undefined) throw new KeywardError('not_found', `there is no secret ${path}`, { path });
  return before;
}

/** @throws KeywardError `conflict` when `current` is not at this version; 0 stands for a secret that does not exist. */
export function assertVersion(path: Path, before: SecretState | undefined, ifVersion: number | undefined): void {
  const number = currentNumber(before);
  if (ifVersion === undefined || ifVersion === number) return;
  const is = number === 0 ? 'does not exist' : `is at version ${number}`;
  const expected = ifVersion === 0 ? 'to be absent' : `at version ${ifVersion}`;
  throw new KeywardError('conflict', `${path} ${is}; it was expected ${expected}`, { path });
}

function secretChanges<T>(
  address: RowAddress,
  before: SecretState | undefined,
  { after, put }: SecretStep<T>,
  nowMs: number,
): RowChanges {
  const remove = payloadsLost(before, after);
  if (after === undefined) return { put: [], remove: [...remove, address] };
  const isSame = put === undefined && before !== undefined && equalBytes(encodeSecret(before), encodeSecret(after));
  if (isSame) return { put: [], remove: [] };
  const row = { address, plaintext: encodeSecret({ ...after, updatedAt: nowMs }) };
  return { put: put === undefined ? [row] : [row, put], remove };
}

function payloadsLost(before: SecretState | undefined, after: SecretState | undefined): readonly RowAddress[] {
  if (before === undefined) return [];
  const kept = new Set(after?.versions.filter((version) => version.sealed).map((version) => version.number));
  return before.versions.flatMap(({ number, sealed }) =>
    sealed === undefined || kept.has(number) ? [] : [payloadAddress(before.path, number, sealed.objectId)],
  );
}

async function directoryChanges(
  view: RowView,
  path: Path,
  before: SecretState | undefined,
  after: SecretState | undefined,
): Promise<RowChanges> {
  if (before === undefined && after !== undefined) return addToDirectories(view, path);
  if (before !== undefined && after === undefined) return removeFromDirectories(view, path);
  return { put: [], remove: [] };
}

function joined(parts: readonly RowChanges[]): RowChanges {
  return { put: parts.flatMap((part) => part.put), remove: parts.flatMap((part) => part.remove) };
}
