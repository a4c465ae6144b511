import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { type Path, parsePath } from '../../core/path.js';
import { currentStage, isSelected, previousStage, type VersionSelector } from '../../core/ref.js';
import type { VersionInfo } from '../../core/version.js';
import { versionKey } from '../../core/version.js';
import type { Command, Invocation } from '../command.js';
import { assertCapable, describeSecret, versionIn } from '../named-versions.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'rollback',
    summary: 'Make an older version current again',
    usage: '<path>',
    description: [
      'Moves the pointer and makes no new version, so it can be taken back. Without --to, the version at the stage',
      'previous, which is then the one that was current. Refused when somebody else changed the secret meanwhile.',
    ],
    options: [{ flags: '--to <version>', description: 'the version that becomes current' }],
    examples: [
      { command: 'keyward rollback exchange/binance', explanation: 'back to the version before' },
      { command: 'keyward rollback exchange/binance --to 3', explanation: 'back to version 3' },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => rollback(invocation, workspace)),
};

export default command;

async function rollback(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { args, output } = invocation;
  const path = parsePath(args[0] ?? '');
  const provider = workspace.writeTarget();
  assertCapable(provider, 'stage', 'describe');
  const { versions } = await describeSecret(provider, path);
  const current = versions.find(({ stages }) => stages.includes(currentStage));
  const from = current && versionKey(current);
  const to = versionKey(targetOf(path, versions, versionIn(invocation, 'to')));
  if (to !== from) await provider.stage(path, currentStage, to, { ifVersion: from });
  if (output.json) {
    output.document({ path, provider: provider.name, from, to });
    return 0;
  }
  if (to === from) output.note(`version ${to} of ${path} is current already`);
  else output.note(`version ${to} of ${path} is current in ${provider.name} again; it was ${from ?? 'none'}`);
  return 0;
}

function targetOf(path: Path, versions: readonly VersionInfo[], to: VersionSelector | undefined): VersionInfo {
  const target = versions.find((version) => isSelected(version, to ?? { kind: 'stage', stage: previousStage }));
  if (target !== undefined) return target;
  throw new KeywardError('not_found', `${path} has no ${to === undefined ? 'previous version' : 'such version'}`, {
    path,
    advice: `See what is kept with: keyward history ${path}`,
  });
}
