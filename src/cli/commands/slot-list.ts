import type { Workspace } from '../../compose/workspace.js';
import type { Command, Invocation } from '../command.js';
import { withWorkspace } from '../session.js';
import { shortId } from '../slot-choice.js';

const command: Command = {
  spec: {
    name: 'slot list',
    summary: 'What opens the store',
    usage: '',
    description: ['Each slot opens the store alone. The one that was used just now is marked.'],
    options: [],
    examples: [{ command: 'keyward slot list --json', explanation: 'with the whole ids' }],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => list(invocation, workspace)),
};

export default command;

async function list({ output }: Invocation, workspace: Workspace): Promise<number> {
  const { client } = await workspace.store();
  const { slots, openedBy } = await client.seal.listSlots();
  if (output.json) {
    output.document(slots.map((slot) => ({ ...slot, inUse: slot.id === openedBy })));
    return 0;
  }
  output.table(
    slots.map(({ id, kind, createdAt }) => [
      output.style('bold', shortId(id)),
      kind,
      createdAt.toISOString().slice(0, 10),
      id === openedBy ? 'in use' : '',
    ]),
  );
  return 0;
}
