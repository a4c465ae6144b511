import type { Workspace } from '../../compose/workspace.js';
import { systemClock } from '../../core/clock.js';
import { expiryOf } from '../../core/expiry.js';
import { parsePath } from '../../core/path.js';
import { versionKey } from '../../core/version.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { describeSecret } from '../named-versions.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'history',
    summary: 'Versions of a secret, newest first, without values',
    usage: '<path>',
    description: [
      'Number, time, state, stages and size of every version that the store keeps, and until when the secret is good.',
    ],
    options: [{ flags: '--provider <name>', description: 'ask this link instead of the write target' }],
    examples: [{ command: 'keyward history exchange/binance', explanation: 'what changed when' }],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => history(invocation, workspace)),
};

export default command;

const dayMs = 86_400_000;

async function history(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  const path = parsePath(invocation.args[0] ?? '');
  const name = textOption(invocation, 'provider');
  const provider = name === undefined ? workspace.writeTarget() : workspace.provider(name);
  const { versions, metadata } = await describeSecret(provider, path);
  if (output.json) {
    output.document({ path, provider: provider.name, metadata, versions });
    return 0;
  }
  const expiry = expiryOf(metadata);
  if (expiry !== undefined) output.line(expiryLine(expiry, systemClock.now()));
  output.table([
    ['version', 'written', 'state', 'stages', 'bytes'].map((title) => output.style('dim', title)),
    ...versions.map((version) => [
      String(versionKey(version)),
      version.createdAt?.toISOString() ?? '-',
      version.state,
      version.stages.join(', ') || '-',
      version.size === undefined ? '-' : String(version.size),
    ]),
  ]);
  return 0;
}

function expiryLine(expiry: Date, nowMs: number): string {
  const days = Math.floor((expiry.getTime() - nowMs) / dayMs);
  const left = days < 0 ? 'is over' : days === 0 ? 'less than a day left' : `${days} days left`;
  return `good until ${expiry.toISOString()} (${left})`;
}
