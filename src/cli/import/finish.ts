import { resolve } from 'node:path';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { gitCommitCount } from '../../host/git.js';
import { copiesOf } from '../../lifecycle/transfer/follow-up.js';
import type { ImportPlan } from '../../lifecycle/transfer/import-plan.js';
import type { ImportSource } from '../../lifecycle/transfer/import-source.js';
import { assertUnchanged, removeSource } from '../../lifecycle/transfer/remove-source.js';
import { verifyTransfer } from '../../lifecycle/transfer/transfer.js';
import { placedValues } from '../../lifecycle/transfer/wanted-secrets.js';
import type { Invocation } from '../command.js';
import { readImportSource } from '../read-import-source.js';
import { noteCopies, noteHistory } from './report.js';

/**
 * Removes the source once every value of it was read back from the store and compared, byte by byte.
 *
 * @param name of the source, as it was given.
 * @throws KeywardError `integrity` naming each value that is absent or differs, `invalid` when something else than moved
 * values is in the source, `conflict` when it changes meanwhile. The source is then still there.
 */
export async function finishImport(
  invocation: Invocation,
  workspace: Workspace,
  name: string,
  source: ImportSource,
  plan: ImportPlan,
): Promise<void> {
  const { output, io } = invocation;
  const path = resolve(io.cwd, name);
  refuseRemains(name, source, plan);
  const provider = workspace.writeTarget();
  await verifyTransfer(placedValues(plan.items), provider);
  const values = plan.items.length;
  const commits = await gitCommitCount(path);
  assertUnchanged(source, await readImportSource(invocation, name, { isSilent: true }), name);
  const isFolder = source.files[0] !== path;
  const hasOtherNames = await removeSource(source, isFolder ? path : undefined);
  const copies = isFolder ? [] : await copiesOf(path);
  if (output.json)
    output.document({ removed: source.files, values, provider: provider.name, hasOtherNames, commits, copies });
  output.note(`${values} values are in ${provider.name}, byte by byte; removed ${name}`);
  output.note('its blocks on the disk, snapshots and backups may still hold it: this is no shredding');
  if (hasOtherNames) output.note('another name of the same file remains (a hard link)');
  noteHistory(output.note, name, commits ?? 0);
  noteCopies(output.note, copies);
}

function refuseRemains(name: string, { pairs, keep }: ImportSource, plan: ImportPlan): void {
  const moved = new Set(plan.items.flatMap(({ keys }) => keys));
  const left = pairs.map((pair) => pair.name).filter((key) => !moved.has(key));
  const [problem] = plan.problems;
  const why =
    keep ??
    (problem === undefined ? undefined : `${problem.where}: ${problem.cause}`) ??
    (left.length > 0 ? `the plan leaves out ${left.join(', ')}` : undefined);
  if (why === undefined) return;
  throw new KeywardError('invalid', `${name} is not removed: ${why}`, {
    store: name,
    advice: 'Move the rest too, or remove it by hand.',
  });
}
