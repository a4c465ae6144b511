import type { Workspace } from '../../compose/workspace.js';
import { systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { type CheckedSecret, checkSecrets } from '../../lifecycle/inventory/check-secrets.js';
import { wantedKind } from '../../lifecycle/inventory/key-kind.js';
import { prometheusText } from '../../lifecycle/inventory/prometheus-text.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'check',
    summary: 'Whether every secret of the inventory is there, valid, and not overdue',
    usage: '',
    description: [
      'Reads every secret that keyward.yaml lists, as the identity in use, and says which are missing, refused, placeholders,',
      'not of the form that `form:` asks for, easy to guess, for the other kind of environment (sandbox or live), expired, or',
      'overdue by `rotate:`; within 14 days of the end it warns. Shows no value.',
    ],
    options: [
      { flags: '--format <format>', description: 'text (default), or prometheus: metrics for a textfile collector' },
    ],
    examples: [
      { command: 'keyward check --env production', explanation: 'before a deployment, in the pipeline that makes it' },
      { command: 'keyward check --format prometheus > keyward.prom', explanation: 'for alerts' },
    ],
    exitStatuses: { 1: 'something is wrong (an error; warnings alone give 0)' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => check(invocation, workspace), { readThrough: true }),
};

export default command;

async function check(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  const format = textOption(invocation, 'format') ?? 'text';
  if (format !== 'text' && format !== 'prometheus') {
    throw new KeywardError('invalid', 'there is no such format', { advice: 'Use text or prometheus.' });
  }
  if (workspace.config.file === undefined) {
    throw new KeywardError('config', 'there is no keyward.yaml here or above, so there is nothing to check', {
      advice: 'Run: keyward init',
    });
  }
  const nowMs = systemClock.now();
  const secrets = await checkedSecrets(workspace, nowMs);
  const findings = secrets.flatMap((secret) => secret.findings);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (format === 'prometheus') await output.bytes(Buffer.from(prometheusText(secrets, nowMs)));
  else if (output.json) output.document({ status: errors === 0 ? 'healthy' : 'unhealthy', secrets });
  else show(invocation, secrets, findings);
  return errors === 0 ? 0 : 1;
}

function checkedSecrets({ config, providers, secrets }: Workspace, nowMs: number): Promise<readonly CheckedSecret[]> {
  return checkSecrets(config.inventory, {
    getMany: (names) => secrets.getMany(names),
    provider: (name) => providers.find((provider) => provider.name === name),
    wanted: wantedKind(config.environment, config.production),
    nowMs,
  });
}

function show({ output }: Invocation, secrets: readonly CheckedSecret[], findings: readonly Finding[]): void {
  for (const finding of findings) output.finding(finding);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const good = secrets.filter((secret) => secret.findings.length === 0).length;
  output.note(
    `${good} of ${secrets.length} secrets are in order; ${errors} errors, ${findings.length - errors} warnings`,
  );
}
