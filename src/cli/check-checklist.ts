import type { Workspace } from '../compose/workspace.js';
import type { Finding } from '../core/finding.js';
import { environmentFindings } from '../lifecycle/doctor/environment-findings.js';
import { projectAilments } from '../lifecycle/doctor/project-findings.js';
import { readAttestations } from '../lifecycle/inventory/attestations.js';
import type { CheckedSecret } from '../lifecycle/inventory/check-secrets.js';
import { type ChecklistResult, type Profile, runChecklist } from '../lifecycle/inventory/run-checklist.js';
import { projectFiles } from '../lifecycle/transfer/project-files.js';
import type { Invocation } from './command.js';

/** What the check of the secrets found already. */
export interface CheckedBefore {
  readonly profile: Profile;
  readonly secrets: readonly CheckedSecret[];
  readonly example: readonly Finding[];
  readonly nowMs: number;
}

/** Gathers what the lines are decided by, and goes through them. */
export async function checkChecklist(
  { io }: Invocation,
  { config, providers }: Workspace,
  { profile, secrets, example, nowMs }: CheckedBefore,
): Promise<readonly ChecklistResult[]> {
  const facts = {
    inventory: config.inventory,
    secrets,
    example,
    links: providers.map(({ name, kind, traits }, index) => {
      const options = config.providers?.[index]?.options ?? {};
      const plaintext = 'allowPlaintext' in options && options.allowPlaintext === true;
      return { name, kind, managed: traits.managed, plaintext };
    }),
    project: (await projectAilments(config.folder)).map(({ finding }) => finding),
    environment: environmentFindings(io.env),
    // The own store records every access by itself.
    hasAccessLog: config.audit !== undefined || providers.every(({ kind }) => kind === 'keyward'),
    files: (await projectFiles(config.folder)).files,
  };
  return runChecklist(profile, facts, await readAttestations(config.folder), nowMs);
}
