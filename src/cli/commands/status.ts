import type { Workspace } from '../../compose/workspace.js';
import type { SealStatus } from '../../core/client.js';
import { isKeywardError } from '../../core/errors.js';
import type { MaintenanceStatus } from '../../core/maintenance.js';
import type { Command, Invocation } from '../command.js';
import { withWorkspace } from '../session.js';
import { showHealth } from '../show-health.js';

const command: Command = {
  spec: {
    name: 'status',
    summary: 'Configuration, store and health of every link of the chain',
    usage: '',
    description: [
      'Asks every store for its health and makes a real read of the probe path (health/check unless configured).',
    ],
    options: [],
    examples: [
      { command: 'keyward status --json', explanation: 'for a monitor: exit status 1 when a link is unhealthy' },
    ],
    exitStatuses: { 1: 'a link of the chain is unhealthy' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => status(invocation, workspace)),
};

export default command;

interface StoreStatus extends SealStatus, MaintenanceStatus {
  readonly folder: string;
}

async function status(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  const { config } = workspace;
  const health = await workspace.secrets.health();
  const store = await storeStatus(workspace);
  if (output.json) {
    const { file, project, environment, production } = config;
    output.document({
      config: { file, project, environment, production, secrets: config.inventory.size },
      store,
      ...health,
    });
    return health.status === 'healthy' ? 0 : 1;
  }
  output.table([
    ['configuration', config.file ?? 'none (defaults)'],
    ['environment', `${config.environment}${config.production ? ' (production rules)' : ''}`],
    ['inventory', `${config.inventory.size} secrets`],
    ...storeRows(store),
  ]);
  output.line();
  showHealth(output, health);
  return health.status === 'healthy' ? 0 : 1;
}

/** `undefined` when the chain does not use the store or none was initialised; the health of its link says which. */
async function storeStatus(workspace: Workspace): Promise<StoreStatus | undefined> {
  if (!workspace.providers.some((provider) => provider.kind === 'keyward')) return undefined;
  try {
    const { client, folder } = await workspace.store();
    return { ...(await client.seal.status()), ...(await client.maintenance.status()), folder };
  } catch (error) {
    if (isKeywardError(error)) return undefined;
    throw error;
  }
}

function storeRows(store: StoreStatus | undefined): readonly (readonly string[])[] {
  if (store === undefined) return [['store', 'not open']];
  return [
    ['store', `${store.folder} (${store.storeId})`],
    ['slots', store.slots.map((slot) => slot.kind).join(', ')],
    ['commits', String(store.commits)],
    ['term', store.isRotating ? `${store.term} (not finished; go on with: keyward store rotate)` : String(store.term)],
  ];
}
