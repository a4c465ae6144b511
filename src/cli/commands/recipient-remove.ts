import { removeRecipient } from '../../lifecycle/sealed/recipients.js';
import type { Command, Invocation } from '../command.js';
import { sealedOptions, sealedPlace } from '../sealed-options.js';

const command: Command = {
  spec: {
    name: 'recipient remove',
    summary: 'Seal a file anew without one of its recipients',
    usage: '<recipient>',
    description: [
      'The recipient is named by its label or by itself. The file gets a new key, and every value is sealed anew. What is',
      'in the history of git, and in any copy, stays readable to whoever was removed: rotate these values.',
    ],
    options: sealedOptions,
    examples: [{ command: 'keyward recipient remove ci', explanation: 'then rotate what it could read' }],
  },
  run: remove,
};

export default command;

async function remove(invocation: Invocation): Promise<number> {
  const { args, output } = invocation;
  const place = await sealedPlace(invocation);
  const recipients = await removeRecipient(place, args[0] ?? '');
  if (output.json) output.document([...recipients].map(([recipient, label]) => ({ recipient, label })));
  output.note(`sealed ${place.file} to ${recipients.size} recipients, under a new key`);
  output.finding({
    severity: 'warning',
    where: place.file,
    cause: 'earlier commits and copies of it stay readable to the recipient that was removed',
    fix: 'Rotate the values that it could read: keyward edit, or keyward set for each.',
  });
  return 0;
}
