import { type Incidents, openIncidents } from '../compose/incidents.js';
import type { Workspace } from '../compose/workspace.js';
import { KeywardError } from '../core/errors.js';
import { expandPaths } from '../core/expand-paths.js';
import type { Finding } from '../core/finding.js';
import { type Incident, openTasks, type RelatedSecret } from '../lifecycle/incident/incident.js';
import type { IncidentLog } from '../lifecycle/incident/incident-log.js';
import { isSameValue } from '../lifecycle/incident/related.js';
import { flagOption, type Invocation, listOption, type OptionSpec, textOption } from './command.js';
import { chooseSome } from './prompt.js';

export const relatedOption: OptionSpec = {
  flags: '--related <which>',
  description: 'of the related secrets rotate all, none, or these: paths with commas',
};

export const recordsOption: OptionSpec = {
  flags: '--records <file>',
  description: 'an access log that is kept elsewhere, an audit log of Vault, or events of CloudTrail; may be repeated',
  repeatable: true,
};

export const responseOptions: readonly OptionSpec[] = [
  {
    flags: '--skip-grace',
    description: 'take the former values back at once, though programs that use them fail until they have the new ones',
  },
  relatedOption,
  recordsOption,
];

export function incidentsOf(invocation: Invocation, workspace: Workspace): Promise<Incidents> {
  const { env, home } = invocation.io;
  const onFinding = (finding: Finding) => invocation.output.finding(finding);
  return openIncidents(workspace, { env, home, files: listOption(invocation, 'records'), onFinding });
}

/** Takes the steps that are left, then says what is. Answers the exit status. */
export async function goOn(invocation: Invocation, incidents: Incidents, log: IncidentLog): Promise<number> {
  const { output } = invocation;
  await incidents.respond(log, {
    choose: (related) => choose(invocation, related),
    onStep: (step) => output.note(step),
  });
  showIncident(invocation, log.now);
  return log.now.secrets?.some(({ state }) => state === 'failed') === true ? 1 : 0;
}

/** A rotation that leaves the same value in force elsewhere is none, so those belong to it unless somebody says no. */
export async function choose(
  invocation: Invocation,
  related: readonly RelatedSecret[],
): Promise<readonly RelatedSecret[]> {
  const which = textOption(invocation, 'related');
  if (which === 'all') return related;
  if (which === 'none') return [];
  if (which !== undefined) {
    const paths = related.map(({ path }) => path);
    const named = new Set(expandPaths(which.split(','), paths));
    const chosen = related.filter(({ path }) => named.has(path));
    if (chosen.length === named.size) return chosen;
    throw new KeywardError('invalid', 'a path of --related is none of the related secrets', {
      advice: paths.length === 0 ? 'There are none.' : `They are ${paths.join(', ')}.`,
    });
  }
  const same = related.filter(isSameValue);
  if (related.length === 0 || flagOption(invocation, 'yes')) return same;
  const options = related.map((secret) => ({ value: secret, label: secret.path, hint: secret.because.join('; ') }));
  return (await chooseSome(invocation.io, 'Which of these are lost with it?', options, same)) ?? same;
}

/** What there is to be done. */
export function showIncident({ output }: Invocation, incident: Incident): void {
  const tasks = openTasks(incident);
  const { id, kind, secrets = [] } = incident;
  if (output.json) {
    output.document({ id, kind, secrets, open: tasks });
    return;
  }
  output.line(id);
  output.table(secrets.map(({ path, state, failure }) => [path, state, failure ?? '']));
  for (const task of tasks)
    output.note(`to do: ${task.text} (${task.id})${task.next === undefined ? '' : `: ${task.next}`}`);
  output.note(`${tasks.length} tasks are open; the report: keyward incident report ${id}`);
}
