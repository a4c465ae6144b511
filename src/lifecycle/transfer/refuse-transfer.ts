import { KeywardError } from '../../core/errors.js';
import type { Provider } from '../../core/provider.js';
import type { ImportPlan } from './import-plan.js';
import type { TransferStep } from './transfer.js';

/** @throws KeywardError `invalid` naming what must be settled first. */
export function refuseProblems({ problems }: ImportPlan): void {
  if (problems.length === 0) return;
  const causes = problems.map(({ where, cause }) => `${where}: ${cause}`).join('; ');
  throw new KeywardError('invalid', `the import plan has problems: ${causes}`, { advice: 'Edit the plan first.' });
}

/** What of the steps the target cannot hold, with the reason. */
export function unholdable(steps: readonly TransferStep[], { traits: { limits = {} } }: Provider): readonly string[] {
  const { binary, empty, maxBytes = Number.POSITIVE_INFINITY, problemOf } = limits;
  return steps.flatMap(({ path, inputs }) => {
    const payloads = inputs.flatMap(({ payload }) => payload ?? []);
    const size = Math.max(0, ...payloads.map(({ bytes }) => bytes.length));
    const problem = inputs.length > 0 ? problemOf?.(path) : undefined;
    return [
      ...(problem === undefined ? [] : [`${path} (${problem})`]),
      ...(binary === false && payloads.some(({ kind }) => kind === 'binary') ? [`${path} (binary)`] : []),
      ...(empty === false && payloads.some(({ bytes }) => bytes.length === 0) ? [`${path} (empty)`] : []),
      ...(size > maxBytes ? [`${path} (${size} bytes, at most ${maxBytes})`] : []),
    ];
  });
}

/**
 * Nothing is written of a transfer of which the target cannot hold a part, or which replaces other values without being
 * told to.
 *
 * @throws KeywardError `unsupported`, `conflict`; both name every secret.
 */
export function refuseSteps(
  steps: readonly TransferStep[],
  target: Provider,
  { overwrite, shownAs = target.name }: { readonly overwrite: boolean; readonly shownAs?: string },
): void {
  const { name: store } = target;
  const impossible = unholdable(steps, target);
  if (impossible.length > 0) {
    throw new KeywardError('unsupported', `${store} cannot hold ${impossible.join(', ')}`, {
      store,
      advice: 'Nothing was written. Leave these out, or name another store.',
    });
  }
  const replaced = steps.flatMap(({ path, outcome, differing }) =>
    outcome === 'deleted' ? [`${path} (deleted there)`] : differing,
  );
  if (replaced.length === 0 || overwrite) return;
  throw new KeywardError('conflict', `${shownAs} holds other values for ${replaced.join(', ')}`, {
    store,
    advice: 'Nothing was written. Overwrite them on purpose (--overwrite), or leave these names out of the plan.',
  });
}
