import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import type { SlotDescription } from '../../core/slots.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { compromisedOption, replaceKeysIfCompromised } from '../replace-keys.js';
import { withWorkspace } from '../session.js';
import { chooseSlot, shortId } from '../slot-choice.js';

const command: Command = {
  spec: {
    name: 'slot remove',
    summary: 'Take away one way to open the store',
    usage: '<slot>',
    description: [
      'The store gets a new root key: the slot opens nothing of it any more, not even with an old copy of its header.',
      'Copies of the whole store folder from before still open with it. The slot is named by its id, by the first',
      'characters of it, or by its kind when no other slot is of that kind.',
    ],
    options: [{ flags: '--force', description: 'also when only recovery keys are left' }, compromisedOption],
    examples: [
      { command: 'keyward slot remove passphrase', explanation: 'when there is one passphrase slot' },
      { command: 'keyward slot remove 3f9a1c02 --compromised', explanation: 'when a laptop was stolen' },
    ],
  },
  run: (invocation) => withWorkspace(invocation, (workspace) => remove(invocation, workspace)),
};

export default command;

async function remove(invocation: Invocation, workspace: Workspace): Promise<number> {
  const { output } = invocation;
  const store = await workspace.store();
  const { client, keyFile, folder } = store;
  const { slots, openedBy } = await client.seal.listSlots();
  const slot = chooseSlot(slots, invocation.args[0] ?? '');
  const left = slots.filter(({ id }) => id !== slot.id);
  refuseLockout(left, flagOption(invocation, 'force'));
  await client.seal.removeSlot(slot.id, { compromised: flagOption(invocation, 'compromised') });
  await replaceKeysIfCompromised(invocation, store);
  if (output.json) output.document({ removed: slot, left });
  else output.line(`removed ${shortId(slot.id)}  ${slot.kind}`);
  output.note(`backups and other copies of ${folder} from before still open with it`);
  if (slot.kind === 'keyfile' && slot.id === openedBy) output.note(`${keyFile} opens nothing but those`);
  if (!left.some(({ kind }) => kind === 'recovery'))
    output.note('the store has no recovery key: keyward slot add recovery');
  return 0;
}

/** What is left must open the store without a sheet of paper, unless that is wanted. */
function refuseLockout(left: readonly SlotDescription[], isForced: boolean): void {
  if (left.length === 0) {
    throw new KeywardError('invalid', 'it is the only slot: nothing would open the store', {
      advice: 'Add another one first: keyward slot add keyfile',
    });
  }
  if (!isForced && left.every(({ kind }) => kind === 'recovery')) {
    throw new KeywardError('invalid', 'only a recovery key would be left, to be typed for every command', {
      advice: 'Add another slot first (keyward slot add keyfile), or use --force.',
    });
  }
}
