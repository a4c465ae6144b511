import type { Path } from '../../core/path.js';
import type { NotedVersion } from '../../core/version.js';
import type { TransferStep, Wanted } from './transfer.js';
import { wholeSecret } from './wanted-secrets.js';

/** The metadata entry by which a sync knows the secrets that it wrote. Its value names the source. */
export const ownerEntry = 'synced_from';

/** The secret as a sync mirrors it: value and notes are those of the source, and the mark says whose it is. */
export function mirrored(secret: NotedVersion, owner: string): Wanted {
  const metadata = { ...secret.metadata, [ownerEntry]: owner };
  const whole = wholeSecret({ payload: secret.payload, metadata }, secret.path);
  return { path: secret.path, change: (found) => ({ ...whole.change(found), metadata }) };
}

/** The steps that touch what is ours or nobody's, and the paths where the target has somebody else's secret. */
export function ownSteps(
  steps: readonly TransferStep[],
  owner: string,
): { readonly own: readonly TransferStep[]; readonly foreign: readonly Path[] } {
  const isOwn = ({ outcome, before }: TransferStep) => outcome === 'new' || before[ownerEntry] === owner;
  return {
    own: steps.filter(isOwn),
    foreign: steps.filter((step) => !isOwn(step)).map(({ path }) => path),
  };
}

/** What the sync wrote to the target earlier, and the source no longer has. */
export function leftovers(
  target: readonly NotedVersion[],
  source: readonly NotedVersion[],
  owner: string,
): readonly Path[] {
  const kept = new Set(source.map(({ path }) => path));
  return target
    .filter(({ path, metadata }) => metadata[ownerEntry] === owner && !kept.has(path))
    .map(({ path }) => path);
}
