import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { LiveCheck } from '../../lifecycle/inventory/live-checks.js';
import { prometheusText } from '../../lifecycle/inventory/prometheus-text.js';
import type { ChecklistResult } from '../../lifecycle/inventory/run-checklist.js';
import { checkInventory } from '../check-inventory.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { findRotatorProblems } from '../rotation-findings.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'check',
    summary: 'Whether every secret of the inventory is there, valid, and not overdue',
    usage: '',
    description: [
      'Reads every secret that keyward.yaml lists, as the identity in use, and says which are missing, refused, placeholders,',
      'not of the form that `form:` asks for, easy to guess, for the other kind of environment (sandbox or live), expired, or',
      'overdue by `rotate:`; within 14 days of the end it warns. Looks into .env.example for real values. Shows no value.',
      'With --live, asks what each value is for, too: logs in at the database, asks the exchange about its key, runs the test',
      'of an exec or webhook rotator. It changes nothing there; a minute each at most, four at once.',
      'With --checklist, goes through the lines of security checklists: what can be decided is, and for the rest it wants',
      'an attestation that is not out of date (keyward attest).',
    ],
    options: [
      { flags: '--format <format>', description: 'text (default), or prometheus: metrics for a textfile collector' },
      { flags: '--live', description: 'ask the target of each secret that has a rotator whether it accepts the value' },
      { flags: '--checklist', description: 'go through the security checklist' },
      {
        flags: '--profile <name>',
        description: 'the checklist for development or production; else that of the environment',
      },
    ],
    examples: [
      { command: 'keyward check --env production', explanation: 'before a deployment, in the pipeline that makes it' },
      { command: 'keyward check --live', explanation: 'whether every value still works, too' },
      { command: 'keyward check --format prometheus > keyward.prom', explanation: 'for alerts' },
      { command: 'keyward check --checklist --env production', explanation: 'weekly: what nobody answers for' },
    ],
    exitStatuses: { 1: 'something is wrong (an error; warnings alone give 0)' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => check(invocation, workspace), { readThrough: true }),
};

export default command;

async function check(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  const { config } = workspace;
  const format = oneOf('format', textOption(invocation, 'format') ?? 'text', ['text', 'prometheus']);
  const profile = oneOf(
    'profile',
    textOption(invocation, 'profile') ?? (config.production ? 'production' : 'development'),
    ['development', 'production'],
  );
  const isLive = flagOption(invocation, 'live');
  if (isLive && flagOption(invocation, 'checklist'))
    throw new KeywardError('invalid', 'only one of --live and --checklist can be meant');
  const { secrets, example, nowMs } = await checkInventory(workspace);
  if (flagOption(invocation, 'checklist')) {
    const { checkChecklist } = await import('../check-checklist.js');
    return showChecklist(invocation, await checkChecklist(invocation, workspace, { profile, secrets, example, nowMs }));
  }
  const rotations = await findRotatorProblems(invocation, workspace);
  const live = isLive ? await (await import('../check-live.js')).checkTargets(invocation, workspace, secrets) : [];
  const others = [
    ...example,
    // What is overdue is found above, in every store.
    ...rotations.filter(({ problem }) => problem !== 'overdue'),
    ...live.flatMap(({ finding }) => finding ?? []),
  ];
  const findings = [...secrets.flatMap((secret) => secret.findings), ...others];
  const errors = countErrors(findings);
  if (format === 'prometheus') {
    await output.bytes(Buffer.from(prometheusText({ secrets, rotations, live, findings, nowMs })));
  } else if (output.json) {
    output.document({
      status: errors === 0 ? 'healthy' : 'unhealthy',
      secrets,
      live: isLive ? results(live) : undefined,
      findings: others,
    });
  } else {
    output.table(
      live.map(({ path, result }) => [output.style(liveColours[result], result), output.style('bold', path)]),
    );
    for (const finding of findings) output.finding(finding);
    const wrong = new Set(live.flatMap(({ path, finding }) => (finding === undefined ? [] : [path])));
    const good = secrets.filter(({ path, findings }) => findings.length === 0 && !wrong.has(path)).length;
    const warnings = findings.length - errors;
    output.note(`${good} of ${secrets.length} secrets are in order; ${errors} errors, ${warnings} warnings`);
  }
  return errors === 0 ? 0 : 1;
}

const liveColours = {
  accepted: 'green',
  refused: 'red',
  unreachable: 'red',
  rotating: 'yellow',
  'no live test': 'dim',
} as const;

/** Their findings stand among the others. */
function results(live: readonly LiveCheck[]) {
  return live.map(({ path, result }) => ({ path, result }));
}

const colours = { pass: 'green', attested: 'green', fail: 'red', open: 'yellow' } as const;

function showChecklist({ output }: Invocation, results: readonly ChecklistResult[]): number {
  const findings = results.flatMap((result) => result.findings);
  const good = results.filter(({ state }) => state === 'pass' || state === 'attested').length;
  const isGood = good === results.length;
  if (output.json) {
    output.document({ status: isGood ? 'healthy' : 'unhealthy', lines: results });
    return isGood ? 0 : 1;
  }
  output.table(
    results.map(({ id, title, state, by, until }) => [
      output.style(colours[state], state),
      output.style('bold', id),
      state === 'attested' ? `${title} (${by}, until ${until?.toISOString().slice(0, 10)})` : title,
    ]),
  );
  for (const finding of findings) output.finding(finding);
  output.note(`${good} of ${results.length} lines hold`);
  return isGood ? 0 : 1;
}

function countErrors(findings: readonly Finding[]): number {
  return findings.filter(({ severity }) => severity === 'error').length;
}

function oneOf<const Name extends string>(what: string, given: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === given);
  if (found !== undefined) return found;
  throw new KeywardError('invalid', `there is no such ${what}`, { advice: `Use ${names.join(' or ')}.` });
}
