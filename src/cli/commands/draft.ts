import type { Config } from '../../compose/config.js';
import { KeywardError } from '../../core/errors.js';
import { writeProjectFile } from '../../host/project-file.js';
import { draftInventory, type InventoryDraft } from '../../lifecycle/inventory/draft-inventory.js';
import { inventoryYaml } from '../../lifecycle/transfer/inventory-yaml.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { extendedConfig } from '../import-pairs.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'draft',
    summary: 'Draft the inventory from what the project takes from its environment',
    usage: '',
    description: [
      'Looks at .env.example, at code (JavaScript, TypeScript, Python, shell), at Compose files and Kubernetes manifests,',
      'and prints a `secrets:` part with what keyward.yaml does not list yet. Names that do not look like secrets are left',
      'out, and said. Reads no store and no value.',
    ],
    options: [{ flags: '--write', description: 'add it to keyward.yaml instead of printing it' }],
    examples: [
      { command: 'keyward draft', explanation: 'in a project that never listed its secrets' },
      { command: 'keyward draft --write', explanation: 'then correct places, and add owner, purpose and rotate' },
    ],
  },
  run: (invocation) => withWorkspace(invocation, ({ config }) => draft(invocation, config)),
};

export default command;

async function draft(invocation: Invocation, { file, folder, inventory }: Config): Promise<number> {
  const { output } = invocation;
  const { entries, leftOut, findings, isCut } = await draftInventory(folder, inventory);
  const isWritten = flagOption(invocation, 'write');
  if (isWritten) await write(file, entries);
  if (output.json)
    output.document({ entries: entries.map(({ path, fields }) => ({ path, fields })), leftOut, findings });
  else if (!isWritten) output.line(inventoryYaml(entries).trimEnd());
  if (!output.json) for (const finding of findings) output.finding(finding);
  if (isWritten) output.note(`listed ${entries.length} secrets in ${file}`);
  if (leftOut.length > 0) output.note(`left out, as they do not look like secrets: ${leftOut.join(', ')}`);
  if (isCut) output.note('the project has more files than were looked at');
  return 0;
}

async function write(file: string | undefined, entries: InventoryDraft['entries']): Promise<void> {
  if (file === undefined) {
    throw new KeywardError('config', 'there is no keyward.yaml here or above to write to', {
      advice: 'Run: keyward init',
    });
  }
  const text = await extendedConfig(file, entries);
  if (text !== undefined) await writeProjectFile(file, text);
}
