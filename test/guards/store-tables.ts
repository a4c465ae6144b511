import { awsErrors } from '../../src/clients/aws/aws-errors.js';
import { kubernetesErrors } from '../../src/clients/kubernetes/kubernetes-errors.js';
import { vaultErrors } from '../../src/clients/vault/vault-failure.js';
import { providers } from '../../src/compose/provider-registry.js';
import { type ErrorCode, errorTable } from '../../src/core/errors.js';
import type { Capability, Provider } from '../../src/core/provider.js';

const capabilities: Readonly<Record<Capability, string>> = {
  list: 'list names',
  describe: 'history and notes',
  write: 'write',
  remove: 'delete',
  restore: 'undelete',
  stage: 'move stages',
  readMany: 'many in one call',
  watch: 'tells of changes',
  rotation: 'rotates by itself',
};

/**
 * What the answers of a store beyond this machine mean, as its code has it: the export `<kind>Errors` of
 * `<kind>-errors.ts` in its folder.
 */
async function errorsOf(kind: string): Promise<ReadonlyMap<string, ErrorCode>> {
  if (kind === 'aws') return awsErrors;
  if (kind === 'vault') return vaultErrors;
  if (kind === 'kubernetes') return kubernetesErrors;
  const module: Readonly<Record<string, unknown>> = await import(`../../src/providers/${kind}/${kind}-errors.ts`);
  const table = module[`${kind}Errors`];
  if (!(table instanceof Map)) throw new Error(`${kind} exports no table of errors as ${kind}Errors`);
  return table;
}

/** Options without which an entry cannot be. */
const needed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  azure: { vault: 'example' },
  exec: { command: ['true', '{path}'] },
};

function allProviders(): readonly Provider[] {
  return Object.entries(providers).map(([kind, { create }]) =>
    create(needed[kind] ?? {}, {
      name: kind,
      inventory: new Map(),
      isProduction: false,
      environment: 'development',
      folder: '/project',
      env: { HOME: '/home/me' },
      connectStore: () => Promise.reject(new Error('not needed')),
    }),
  );
}

/** What each provider declares that it can do. */
export function capabilityRows(): string {
  const names = [...Object.keys(capabilities).map((name) => capabilities[name as Capability]), 'check-and-set'];
  const rows = allProviders().map(({ kind, capabilities: held, traits }) => {
    const checks = held.has('write') && traits.lacksCheckAndSet !== true;
    const marks = [...Object.keys(capabilities).map((name) => held.has(name as Capability)), checks];
    return `| [\`${kind}\`](../providers/${kind}.md) | ${marks.map((has) => (has ? 'yes' : '')).join(' | ')} |`;
  });
  return [`| | ${names.join(' | ')} |`, `|---${'|---'.repeat(names.length)}|`, ...rows].join('\n');
}

/** A row for each store and error. @throws for a store beyond this machine without a table. */
export async function storeErrorRows(): Promise<string> {
  const remote = allProviders().filter(({ kind, traits }) => traits.managed && kind !== 'keyward');
  const rows: string[] = [];
  for (const { kind } of remote) {
    const errors = await errorsOf(kind);
    for (const code of Object.keys(errorTable)) {
      const answers = [...errors].filter(([, meaning]) => meaning === code).map(([answer]) => `\`${answer}\``);
      if (answers.length > 0) rows.push(`| \`${kind}\` | \`${code}\` | ${answers.join(', ')} |`);
    }
  }
  return ['| store | error | its answers |', '|---|---|---|', ...rows].join('\n');
}
