import { newSlot } from '../../compose/new-slot.js';
import type { Workspace } from '../../compose/workspace.js';
import type { Command, Invocation } from '../command.js';
import { newSlotOptions, reportNewSlot, slotOptions } from '../new-slot-options.js';
import { withWorkspace } from '../session.js';
import { slotKind } from '../slot-choice.js';

const command: Command = {
  spec: {
    name: 'slot add',
    summary: 'One more way to open the store: keyfile, keyring, passphrase or recovery',
    usage: '<kind>',
    description: [
      'Opens the store with any slot that it has, and adds one. A passphrase is asked for at a terminal, else it is read',
      'from standard input. A recovery key is shown once at a terminal, else it needs --recovery-out.',
    ],
    options: slotOptions,
    examples: [
      { command: 'keyward slot add keyring', explanation: "the keyring of this desktop's login" },
      { command: 'keyward slot add recovery --recovery-out /media/usb/keyward-recovery', explanation: 'in a script' },
      {
        command: 'keyward slot add keyfile --key-file /media/usb/keyward.key',
        explanation: 'a second key file; KEYWARD_KEY_FILE names it when the store is opened',
      },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => add(invocation, workspace)),
};

export default command;

async function add(invocation: Invocation, workspace: Workspace): Promise<number> {
  const kind = slotKind(invocation.args[0] ?? '');
  const { client, keyFile } = await workspace.store();
  const options = newSlotOptions(invocation, keyFile);
  const added = await client.seal.addSlot(newSlot({ ...options, kind }));
  reportNewSlot(invocation, added, options.keyFile);
  return 0;
}
