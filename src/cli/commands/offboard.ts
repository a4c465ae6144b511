import { existsSync } from 'node:fs';
import type { Incidents } from '../../compose/incidents.js';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError, toKeywardError } from '../../core/errors.js';
import type { Provider } from '../../core/provider.js';
import type { RelatedSecret } from '../../lifecycle/incident/incident.js';
import type { IncidentLog } from '../../lifecycle/incident/incident-log.js';
import { include } from '../../lifecycle/incident/respond.js';
import { removeRecipient } from '../../lifecycle/sealed/recipients.js';
import { readSealed } from '../../lifecycle/sealed/sealed-place.js';
import { agreesTo, yesOption } from '../agreement.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { goOn, incidentsOf, responseOptions } from '../incidents.js';
import { sealedPlace } from '../sealed-options.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'offboard',
    summary: 'Take access away from somebody who leaves, and rotate what they have read',
    usage: '<principal>',
    description: [
      'Removes the recipient of this label from the sealed file of the project, and begins an incident about all that the',
      'records say they read or wrote, and all that is in that file. Run again, it goes on with that incident.',
    ],
    options: [...responseOptions, yesOption],
    examples: [{ command: 'keyward offboard alice', explanation: 'as the access log calls them' }],
    exitStatuses: { 1: 'a secret could not be rotated: see what the report says, then run it again' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => offboard(invocation, workspace)),
};

export default command;

async function offboard(invocation: Invocation, workspace: Workspace): Promise<number> {
  const [principal = ''] = invocation.args;
  if (!/^[A-Za-z0-9_.+=@:/-]{1,128}$/.test(principal)) {
    throw new KeywardError('invalid', 'offboard needs a name without spaces', {
      advice: 'It is the `principal` of the access log.',
    });
  }
  const incidents = await incidentsOf(invocation, workspace);
  if (!(await agreesTo(invocation, `Take access away from ${principal}, and rotate what they have read?`))) return 0;
  const log = (await openOne(incidents, workspace, principal)) ?? (await begin(invocation, incidents, principal));
  await removeFromSealedFile(invocation, workspace, log, principal);
  return goOn(invocation, incidents, log);
}

async function openOne(incidents: Incidents, { config }: Workspace, principal: string) {
  const open = (await incidents.list()).findLast(
    (one) =>
      one.principal === principal &&
      one.closedAt === undefined &&
      one.project === config.project &&
      one.environment === config.environment,
  );
  return open && incidents.open(open.id);
}

async function begin(invocation: Invocation, incidents: Incidents, principal: string): Promise<IncidentLog> {
  const { readers } = await incidents.facts(
    (access) => access.principal === principal && (access.did === 'read' || access.did === 'wrote'),
  );
  return incidents.begin({
    kind: 'offboarding',
    principal,
    names: [...new Set(readers.map(({ path }) => path))],
    skipGrace: flagOption(invocation, 'skipGrace'),
  });
}

async function removeFromSealedFile(
  invocation: Invocation,
  { providers }: Workspace,
  log: IncidentLog,
  principal: string,
): Promise<void> {
  const place = await sealedPlace(invocation, undefined);
  if (!existsSync(place.file)) return;
  try {
    const { recipients } = await readSealed(place);
    if (![...recipients].some(([recipient, label]) => recipient === principal || label === principal)) return;
    // First: once it is removed, nothing says any more what could be read.
    await include(log, await secretsIn(providers));
    await removeRecipient(place, principal);
    await log.save(
      {},
      `removed ${principal} from the recipients of ${place.file}; earlier commits of it stay readable to them`,
    );
  } catch (error) {
    const { message, advice } = toKeywardError(error, `removing a recipient of ${place.file}`);
    invocation.output.finding({ severity: 'warning', where: place.file, cause: message, fix: advice });
  }
}

async function secretsIn(providers: readonly Provider[]): Promise<readonly RelatedSecret[]> {
  const found: RelatedSecret[] = [];
  for (const provider of providers) {
    if (provider.kind !== 'sealed') continue;
    for await (const path of provider.list('')) found.push({ path, because: [`in ${provider.name}`] });
  }
  return found;
}
