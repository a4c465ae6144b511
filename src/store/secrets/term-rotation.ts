import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { OnProgress } from '../../core/progress.js';
import { currentTerm, type Keyring, withNewTerm, withoutTermsBefore } from '../barrier/keyring.js';
import type { KeyringPlace } from '../barrier/keyring-place.js';
import { beginRewrap, forgetRewrap, type RenewBody } from '../barrier/rewrap-rows.js';
import type { SealedBarrier } from '../barrier/sealed-barrier.js';
import { renewDataKeys } from './secret-rows.js';

export interface RotationParts {
  readonly barrier: SealedBarrier;
  readonly keyring: KeyringPlace;
  readonly clock: Clock;
}

export interface RewrapOptions {
  /** Awaited between pages of rows, so that others get their turn. */
  readonly rest?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Begins a term: whatever any process writes from now on is sealed under it. The first commit under the term seals the
 * head of the store anew, which every writer has to look at before its next commit.
 *
 * @returns the number of the term.
 */
export async function startTerm({ barrier, keyring, clock }: RotationParts): Promise<number> {
  const replaced = await keyring.change((now) => withNewTerm(now, clock));
  barrier.adoptKeyring(replaced);
  await beginRewrap(barrier, barrier.currentTerm);
  return currentTerm(replaced).term;
}

/** Whether something may still be sealed under an older term. */
export function isRotating(keyring: Keyring): boolean {
  return keyring.terms.length > 1;
}

/**
 * Seals everything that is of an older term anew, then looks at all of it, and only when nothing of an older term is left
 * drops those terms. Others may work meanwhile. Killed at any point, the next call goes on from there; it does nothing
 * when there is but one term.
 *
 * @throws KeywardError `integrity` when a row is not as it was written; the signal's reason when it is aborted.
 */
export async function rewrap(parts: RotationParts, options: RewrapOptions = {}): Promise<void> {
  const { barrier, keyring } = parts;
  const { rest, signal, onProgress } = options;
  const renew: RenewBody = (row) => (row.address.kind === 'secret' ? renewDataKeys(barrier, row) : undefined);
  for (let now = await keyring.read(); isRotating(now); ) {
    barrier.adoptKeyring(now);
    const { term } = currentTerm(now);
    await barrier.rewrapRows({ renew, rest, signal, onProgress });
    if (await isAllOf(barrier, term, renew, onProgress)) {
      await forgetRewrap(barrier);
      await keyring.change((latest) => withoutTermsBefore(latest, term));
    } else if (barrier.currentTerm === term) {
      throw new KeywardError('internal', 'the rotation left something of an older term behind');
    }
    now = await keyring.read();
  }
}

/** The full pass before terms are dropped: what is sealed under them could never be opened again. */
async function isAllOf(
  barrier: SealedBarrier,
  term: number,
  renew: RenewBody,
  onProgress: OnProgress | undefined,
): Promise<boolean> {
  let isNothingOlder = true;
  await barrier.verifyAll({
    onProgress,
    onRow: (sealedUnder, row) => {
      if (sealedUnder < term || (row !== undefined && renew(row) !== undefined)) isNothingOlder = false;
      return undefined;
    },
  });
  return isNothingOlder;
}
