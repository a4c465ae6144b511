import { newSlot } from '../../compose/new-slot.js';
import { pendingKeyFile, settleKeyFile } from '../../compose/pending-key-file.js';
import type { Workspace } from '../../compose/workspace.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { newSlotOptions, reportNewSlot, slotOptions } from '../new-slot-options.js';
import { compromisedOption, replaceKeysIfCompromised } from '../replace-keys.js';
import { withWorkspace } from '../session.js';
import { chooseSlot, slotKind } from '../slot-choice.js';

const command: Command = {
  spec: {
    name: 'slot change',
    summary: 'A new passphrase, key file, keyring entry or recovery key for a slot',
    usage: '<slot>',
    description: [
      'Puts a new slot of the same kind in its place. The store gets a new root key: the former secret opens nothing of it',
      'any more, not even with an old copy of its header. The slot is named by its id, by the first characters of it, or by',
      'its kind when no other slot is of that kind.',
    ],
    options: [...slotOptions, compromisedOption],
    examples: [
      { command: 'keyward slot change passphrase', explanation: 'asks for the new one twice' },
      { command: 'keyward slot change recovery', explanation: 'when the paper may have been seen by somebody' },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => change(invocation, workspace)),
};

export default command;

async function change(invocation: Invocation, workspace: Workspace): Promise<number> {
  const store = await workspace.store();
  const { client, keyFile, storeId } = store;
  const { slots, openedBy } = await client.seal.listSlots();
  const slot = chooseSlot(slots, invocation.args[0] ?? '');
  const kind = slotKind(slot.kind);
  const options = newSlotOptions(invocation, keyFile);
  // Only the key file that opened the store is known to be this slot's, and may be replaced.
  const isInPlace = slot.id === openedBy && textOption(invocation, 'keyFile') === undefined;
  const target = isInPlace ? pendingKeyFile(keyFile) : options.keyFile;
  const fresh = newSlot({ ...options, kind, keyFile: target });
  const added = await client.seal.changeSlot(slot.id, fresh, { compromised: flagOption(invocation, 'compromised') });
  await settleKeyFile(keyFile, added.id);
  if (kind === 'keyring') await fresh.discard({ storeId, slotId: slot.id });
  await replaceKeysIfCompromised(invocation, store);
  reportNewSlot(invocation, added, options.keyFile);
  return 0;
}
