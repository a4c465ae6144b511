import { readSealed } from '../../lifecycle/sealed/sealed-place.js';
import type { Command, Invocation } from '../command.js';
import { sealedOptions, sealedPlace } from '../sealed-options.js';

const command: Command = {
  spec: {
    name: 'recipient list',
    summary: 'Who can open a sealed file',
    usage: '',
    description: ['Shows them only when somebody who can open the file has put them there.'],
    options: sealedOptions,
    examples: [{ command: 'keyward recipient list', explanation: 'of keyward.sealed.yaml' }],
  },
  run: list,
};

export default command;

async function list(invocation: Invocation): Promise<number> {
  const { output } = invocation;
  const { recipients } = await readSealed(await sealedPlace(invocation));
  if (output.json) output.document([...recipients].map(([recipient, label]) => ({ recipient, label })));
  else output.table([...recipients]);
  return 0;
}
