import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { parseRef, selectorOf } from '../../core/ref.js';
import { agreesTo, yesOption } from '../agreement.js';
import type { Command, Invocation } from '../command.js';
import { findVersions, refOf } from '../named-versions.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'destroy',
    summary: 'Remove the values of versions for good',
    usage: '<refs...>',
    description: [
      'Each version is named (app/jwt_secret@2); its value is gone for every reader at once and cannot be brought back.',
      'That the version existed stays in the history. Remnants in the data file, which only a holder of the root key',
      'could open, go when the store is shredded; backups and copies of the file are not reached.',
    ],
    options: [yesOption],
    examples: [{ command: 'keyward destroy app/jwt_secret@2', explanation: 'asks first' }],
    exitStatuses: { 1: 'you did not agree; nothing was changed' },
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => destroy(invocation, workspace)),
};

export default command;

async function destroy(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { args, output } = invocation;
  const unnamed = args.map(parseRef).find(({ version }) => version === undefined);
  if (unnamed !== undefined) {
    throw new KeywardError('invalid', `which version of ${unnamed.path} is to be destroyed?`, {
      path: unnamed.path,
      advice: `Name it (keyward destroy ${unnamed.path}@2); for all of them: keyward purge ${unnamed.path}`,
    });
  }
  const provider = workspace.writeTarget();
  const named = await findVersions(provider, 'remove', args);
  const what = named.map(refOf).join(', ');
  if (!(await agreesTo(invocation, `Destroy ${what} in ${provider.name}? This cannot be undone.`))) return 1;
  for (const one of named) {
    const ref = { path: one.path, version: selectorOf(one.version) };
    await provider.remove(ref, { mode: 'destroy' });
    output.note(`destroyed ${refOf(one)} in ${provider.name}`);
  }
  if (output.json) output.document({ provider: provider.name, destroyed: named.map(refOf) });
  return 0;
}
