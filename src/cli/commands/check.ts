import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
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
      'With --checklist, goes through the lines of security checklists: what can be decided is, and for the rest it wants',
      'an attestation that is not out of date (keyward attest).',
    ],
    options: [
      { flags: '--format <format>', description: 'text (default), or prometheus: metrics for a textfile collector' },
      { flags: '--checklist', description: 'go through the security checklist' },
      {
        flags: '--profile <name>',
        description: 'the checklist for development or production; else that of the environment',
      },
    ],
    examples: [
      { command: 'keyward check --env production', explanation: 'before a deployment, in the pipeline that makes it' },
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
  const { secrets, example, nowMs } = await checkInventory(workspace);
  if (flagOption(invocation, 'checklist')) {
    const { checkChecklist } = await import('../check-checklist.js');
    return showChecklist(invocation, await checkChecklist(invocation, workspace, { profile, secrets, example, nowMs }));
  }
  const rotations = await findRotatorProblems(invocation, workspace);
  // What is overdue is found above, in every store.
  const others = [...example, ...rotations.filter(({ problem }) => problem !== 'overdue')];
  const findings = [...secrets.flatMap((secret) => secret.findings), ...others];
  const errors = countErrors(findings);
  if (format === 'prometheus') {
    await output.bytes(Buffer.from(prometheusText({ secrets, rotations, findings, nowMs })));
  } else if (output.json) {
    output.document({ status: errors === 0 ? 'healthy' : 'unhealthy', secrets, findings: others });
  } else {
    for (const finding of findings) output.finding(finding);
    const good = secrets.filter((secret) => secret.findings.length === 0).length;
    const warnings = findings.length - errors;
    output.note(`${good} of ${secrets.length} secrets are in order; ${errors} errors, ${warnings} warnings`);
  }
  return errors === 0 ? 0 : 1;
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
