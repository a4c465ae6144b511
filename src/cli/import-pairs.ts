import { readFile } from 'node:fs/promises';
import type { Workspace } from '../compose/workspace.js';
import { KeywardError } from '../core/errors.js';
import type { InventoryEntry } from '../core/inventory.js';
import { writeProjectFile } from '../host/project-file.js';
import { addToInventory } from '../lifecycle/transfer/add-to-inventory.js';
import type { ImportPlan } from '../lifecycle/transfer/import-plan.js';
import { refuseProblems, refuseSteps } from '../lifecycle/transfer/refuse-transfer.js';
import { applyTransfer, planTransfer } from '../lifecycle/transfer/transfer.js';
import { placedValues } from '../lifecycle/transfer/wanted-secrets.js';
import type { Invocation } from './command.js';
import { progressLine } from './output/progress-line.js';

export interface ImportSummary {
  readonly provider: string;
  readonly values: number;
  readonly written: number;
  readonly unchanged: number;
  /** Paths that keyward.yaml newly lists. */
  readonly listed: readonly string[];
}

/**
 * Writes what the plan says to the write target, reads every value back, then lists the secrets in keyward.yaml. Running
 * it again changes nothing.
 *
 * @throws KeywardError `invalid` when the plan has problems or the values differ from those there, before anything is
 * written.
 */
export async function importPairs(
  invocation: Invocation,
  workspace: Workspace,
  plan: ImportPlan,
  options: { readonly overwrite: boolean },
): Promise<ImportSummary> {
  const { output } = invocation;
  refuseProblems(plan);
  const provider = workspace.writeTarget();
  const { file } = workspace.config;
  // Before anything is written: a file that cannot be extended must not be found out half-way.
  const yaml = file === undefined ? undefined : await extendedConfig(file, plan.entries);
  const progress = progressLine(invocation);
  const steps = await planTransfer(placedValues(plan.items), provider, { onProgress: progress.show });
  refuseSteps(steps, provider, options);
  const written = await applyTransfer(steps, provider, { onProgress: progress.show }).finally(progress.clear);
  for (const [index, { path, inputs }] of steps.entries()) {
    output.note(`  ${index + 1}/${steps.length} ${path} ${inputs.length === 0 ? 'unchanged' : 'written'}`);
  }
  if (file !== undefined && yaml !== undefined) await writeProjectFile(file, yaml);
  return {
    provider: provider.name,
    values: plan.items.length,
    written,
    unchanged: steps.length - written,
    listed: plan.entries.map(({ path }) => path),
  };
}

/**
 * The text of the configuration with these entries in its inventory; `undefined` when there are none to add.
 *
 * @throws KeywardError `config` when it cannot be extended, with what to write by hand.
 */
export async function extendedConfig(file: string, entries: readonly InventoryEntry[]): Promise<string | undefined> {
  if (entries.length === 0) return undefined;
  if (file.endsWith('.json')) {
    throw new KeywardError('config', `${file} is JSON, which is not rewritten`, {
      store: file,
      advice: 'Rename it to keyward.yaml (JSON is valid there), or list the secrets by hand.',
    });
  }
  return addToInventory(await readFile(file, 'utf8'), entries, file);
}
