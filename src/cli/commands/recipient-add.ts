import { addRecipient } from '../../lifecycle/sealed/recipients.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { sealedOptions, sealedPlace } from '../sealed-options.js';

const command: Command = {
  spec: {
    name: 'recipient add',
    summary: 'Let one more person or server open a sealed file',
    usage: '<age1...>',
    description: [
      'Every value is sealed anew, so that each line changes: merge other branches first. The recipient is what',
      '`keyward seal init` or age-keygen prints on their side; make sure that it is really theirs.',
    ],
    options: [...sealedOptions, { flags: '--label <name>', description: 'who it is: a letter, then no spaces' }],
    examples: [{ command: 'keyward recipient add age1... --label ci', explanation: 'a name for people' }],
  },
  run: add,
};

export default command;

async function add(invocation: Invocation): Promise<number> {
  const { args, output } = invocation;
  const place = await sealedPlace(invocation);
  const recipients = await addRecipient(place, args[0] ?? '', textOption(invocation, 'label') ?? '');
  if (output.json) output.document([...recipients].map(([recipient, label]) => ({ recipient, label })));
  output.note(`sealed ${place.file} to ${recipients.size} recipients`);
  return 0;
}
