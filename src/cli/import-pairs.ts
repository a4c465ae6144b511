import { readFile } from 'node:fs/promises';
import type { Workspace } from '../compose/workspace.js';
import { KeywardError } from '../core/errors.js';
import { writeProjectFile } from '../host/project-file.js';
import { addToInventory } from '../lifecycle/transfer/add-to-inventory.js';
import { applyImport } from '../lifecycle/transfer/apply-import.js';
import type { ImportPlan } from '../lifecycle/transfer/import-plan.js';
import { verifyImport } from '../lifecycle/transfer/verify-import.js';
import type { Invocation } from './command.js';

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
  const provider = workspace.writeTarget();
  const { file } = workspace.config;
  // Before anything is written: a file that cannot be extended must not be found out half-way.
  const yaml = file === undefined ? undefined : await extendedConfig(file, plan);
  const { written, unchanged } = await applyImport(plan, provider, {
    overwrite: options.overwrite,
    onProgress: ({ path, outcome, done, total }) => output.note(`  ${done}/${total} ${path} ${outcome}`),
  });
  const values = await verifyImport(plan, provider);
  if (file !== undefined && yaml !== undefined) await writeProjectFile(file, yaml);
  return { provider: provider.name, values, written, unchanged, listed: plan.entries.map(({ path }) => path) };
}

async function extendedConfig(file: string, plan: ImportPlan): Promise<string | undefined> {
  if (plan.entries.length === 0) return undefined;
  if (file.endsWith('.json')) {
    throw new KeywardError('config', `${file} is JSON, which an import does not rewrite`, {
      store: file,
      advice: 'Rename it to keyward.yaml (JSON is valid there), or list the secrets by hand.',
    });
  }
  return addToInventory(await readFile(file, 'utf8'), plan.entries, file);
}
