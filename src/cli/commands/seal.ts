import { basename } from 'node:path';
import { createProvider } from '../../compose/create-provider.js';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import type { Provider } from '../../core/provider.js';
import { readSealed, type SealedPlace } from '../../lifecycle/sealed/sealed-place.js';
import { planImport } from '../../lifecycle/transfer/import-plan.js';
import { formatPlan } from '../../lifecycle/transfer/plan-text.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { importPairs } from '../import-pairs.js';
import { pipedSource, readImportSource, sourceOptions } from '../read-import-source.js';
import { sealedOptions, sealedPlace } from '../sealed-options.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'seal',
    summary: 'Put the values of a .env file, or of a pipe, into a file that you can commit',
    usage: '[source]',
    description: [
      'From an environment file (.env unless another is named), JSON, YAML, Kubernetes Secrets or a folder; `-` is standard',
      'input, so that no value touches the disk. Each name goes where `keyward import` would put it; keyward.yaml, where there is one, then lists the secrets. A',
      'value that the sealed file holds already keeps its line. Everything is read back and compared.',
    ],
    options: [
      ...sealedOptions,
      ...sourceOptions,
      { flags: '--dry-run', description: 'show where each name would go, and change nothing' },
      { flags: '--overwrite', description: 'replace values in the sealed file that differ' },
    ],
    examples: [
      { command: 'keyward seal', explanation: '.env into keyward.sealed.yaml' },
      { command: 'keyward seal .env.production --file prod.sealed.yaml', explanation: 'another pair of files' },
      {
        command: 'vault kv get -format=json -field=data app | keyward seal - --format json',
        explanation: 'from a pipe',
      },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => seal(invocation, workspace)),
};

export default command;

async function seal(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  const source = invocation.args[0] ?? '.env';
  const place = await sealedPlace(invocation);
  const { pairs } = await readImportSource(invocation, source);
  const plan = planImport(pairs, { inventory: workspace.config.inventory });
  if (flagOption(invocation, 'dryRun')) {
    if (output.json) output.document(plan.items.map(({ keys, path, field }) => ({ keys, path, field })));
    else output.line(formatPlan(plan).trimEnd());
    return plan.problems.length === 0 ? 0 : 2;
  }
  await readSealed(place);
  const target = sealedProvider(invocation, workspace, place);
  const summary = await importPairs(invocation, { ...workspace, writeTarget: () => target }, plan, {
    overwrite: flagOption(invocation, 'overwrite'),
  });
  await target.close();
  if (output.json) output.document(summary);
  output.note(`${summary.values} values are sealed in ${place.file} and were read back`);
  if (source !== pipedSource) output.note(`next: remove ${source}; if it was ever committed, rotate its values`);
  return 0;
}

function sealedProvider({ io }: Invocation, { config }: Workspace, { file, keyFile }: SealedPlace): Provider {
  return createProvider(
    { kind: 'sealed', options: { name: basename(file), file } },
    {
      config,
      env: { ...io.env, KEYWARD_AGE_KEY_FILE: keyFile },
      connect: () => Promise.reject(new KeywardError('internal', 'a sealed file is in no store')),
    },
  );
}
