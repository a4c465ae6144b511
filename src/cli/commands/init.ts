import { initStore } from '../../compose/init-store.js';
import type { SlotKind } from '../../compose/registry.js';
import { storeExists } from '../../compose/store-exists.js';
import type { StoreLocations } from '../../compose/store-locations.js';
import { KeywardError } from '../../core/errors.js';
import { planImport } from '../../lifecycle/transfer/import-plan.js';
import { formatPlan } from '../../lifecycle/transfer/plan-text.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { importPairs } from '../import-pairs.js';
import { ensureGitignore, ensureProject, existingConfig, locationsFor, writeDocumentedChain } from '../init-project.js';
import { askHiddenTwice } from '../prompt.js';
import { readImportSource, shownSource } from '../read-import-source.js';
import { recoveryOutlet, recoveryOutOption } from '../recovery-outlet.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'init',
    summary: 'Make the store of this user, and keyward.yaml for this project',
    usage: '',
    description: [
      'Asks nothing. What exists already is used and left as it is. With --from, the values of an environment file are',
      'moved into the store at once and listed in keyward.yaml.',
      'The key that opens the store is a file readable by you alone; a recovery key is shown once at a terminal, else it',
      'needs --recovery-out.',
    ],
    options: [
      { flags: '--from <file>', description: 'environment file to import' },
      {
        flags: '--chain <name>',
        description: 'store (default), or documented: Vault, then AWS, then the environment, and no store here',
      },
      { flags: '--slot <kind>', description: 'what opens the store: keyfile (default), keyring or passphrase' },
      recoveryOutOption,
    ],
    examples: [
      { command: 'keyward init --from .env', explanation: 'store, keyward.yaml, import and .gitignore in one go' },
      { command: 'keyward init --chain documented', explanation: 'read from Vault, AWS and the environment' },
      { command: 'keyward init --recovery-out /media/usb/keyward-recovery', explanation: 'in a script' },
    ],
  },
  run: init,
};

export default command;

async function init(invocation: Invocation): Promise<number> {
  const { io, output } = invocation;
  const from = textOption(invocation, 'from');
  const chain = textOption(invocation, 'chain') ?? 'store';
  if (chain === 'documented') return initDocumented(invocation);
  if (chain !== 'store') {
    throw new KeywardError('invalid', 'a chain is store or documented', {
      advice: 'Use --chain documented.',
    });
  }
  // Read before anything is made, so that a broken file leaves nothing behind.
  const pairs = from === undefined ? undefined : (await readImportSource(invocation, from)).pairs;
  if (pairs !== undefined) refuseProblems(planImport(pairs, { inventory: new Map() }));
  const source = await existingConfig(invocation);
  const locations = locationsFor(invocation, source);
  const { folder, created, passphrase } = await ensureStore(invocation, locations, source?.parsed.store?.slot);
  const configFile = await ensureProject(invocation, source, locations, passphrase);
  const ignored = await ensureGitignore(io.cwd);
  if (ignored.length > 0) output.note(`added to .gitignore: ${ignored.join(' ')}`);
  const summary = await withWorkspace(
    invocation,
    async (workspace) => {
      if (pairs === undefined) return undefined;
      const plan = planImport(pairs, { inventory: workspace.config.inventory });
      refuseProblems(plan);
      output.note(formatPlan(plan).trimEnd());
      return importPairs(invocation, workspace, plan, { overwrite: false });
    },
    { passphrase },
  );
  if (output.json) output.document({ folder, created, configFile, import: summary });
  if (summary !== undefined && from !== undefined) {
    const shown = shownSource(from);
    output.note(`${summary.values} values are in the store and were read back; ${shown} is no longer needed`);
    output.note(`if ${shown} was ever committed, its values are in the history: rotate them`);
  }
  output.note(`next: ${from === undefined ? 'keyward set app/jwt_secret' : 'keyward run -- <program>'}`);
  return 0;
}

/** Nothing is contacted: the stores of the chain are there, or are set up with their own tools. */
async function initDocumented(invocation: Invocation): Promise<number> {
  const { io, output } = invocation;
  const useless = ['from', 'slot', 'recoveryOut'].find((name) => textOption(invocation, name) !== undefined);
  if (useless !== undefined) {
    throw new KeywardError('invalid', 'with --chain documented there is no store to make or to fill', {
      advice: 'Leave the other options out. Afterwards values can be moved with: keyward import <file>',
    });
  }
  const present = await existingConfig(invocation);
  if (present !== undefined) {
    throw new KeywardError('conflict', `${present.file} states the chain already`, {
      store: present.file,
      advice: 'Change its providers, as docs/reference/configuration.md says.',
    });
  }
  const configFile = await writeDocumentedChain(invocation);
  const ignored = await ensureGitignore(io.cwd);
  if (ignored.length > 0) output.note(`added to .gitignore: ${ignored.join(' ')}`);
  if (output.json) output.document({ configFile, chain: ['vault', 'aws', 'env'] });
  output.note('wrote keyward.yaml: vault, then aws, then env');
  output.note('next: set VAULT_ADDR and AWS_REGION, then: keyward status');
  return 0;
}

interface StoreSummary {
  readonly folder: string;
  readonly created: boolean;
  /** Of a store that was just made with one. */
  readonly passphrase?: Uint8Array | undefined;
}

async function ensureStore(
  invocation: Invocation,
  locations: StoreLocations,
  configuredSlot: SlotKind | undefined,
): Promise<StoreSummary> {
  const { io, output } = invocation;
  const slot = textOption(invocation, 'slot') ?? configuredSlot ?? 'keyfile';
  if (slot !== 'keyfile' && slot !== 'keyring' && slot !== 'passphrase') {
    throw new KeywardError('invalid', 'a store is opened by keyfile, keyring or passphrase', {
      advice: 'Use --slot keyfile.',
    });
  }
  if (await storeExists(locations.folder)) {
    if (textOption(invocation, 'recoveryOut') !== undefined) {
      throw new KeywardError(
        'invalid',
        `the store at ${locations.folder} exists, and was made with the slots that it has`,
        {
          advice: 'For one more recovery key: keyward slot add recovery --recovery-out <file>',
        },
      );
    }
    output.note(`using the store at ${locations.folder}`);
    return { folder: locations.folder, created: false };
  }
  const showRecoveryCode = recoveryOutlet(invocation);
  if (showRecoveryCode === undefined) {
    output.note('no recovery key was made: there is no terminal to show it on (--recovery-out writes it to a file)');
  }
  let passphrase: Uint8Array | undefined;
  const { folder, keyFile } = await initStore({
    locations,
    slot,
    askPassphrase: async () => {
      passphrase = await askHiddenTwice(io, 'Passphrase for the new store');
      return passphrase;
    },
    showRecoveryCode,
  });
  output.note(`made the store at ${folder}`);
  if (keyFile !== undefined) {
    output.note(`its key is ${keyFile}: protects against a copy of the store, not against programs of your own user`);
  }
  return { folder, created: true, passphrase };
}

function refuseProblems(plan: ReturnType<typeof planImport>): void {
  const [problem] = plan.problems;
  if (problem === undefined) return;
  throw new KeywardError('invalid', `${problem.where}: ${problem.cause}`, {
    advice: `${problem.fix} To choose the places yourself: keyward import --write-plan plan.txt`,
  });
}
