import { loadLayers } from '../../compose/config-layers.js';
import { describeConfig } from '../../compose/describe-config.js';
import type { Command } from '../command.js';
import { loadOptions } from '../load-options.js';

const command: Command = {
  spec: {
    name: 'config show',
    summary: 'The configuration that applies here, and where each value was said',
    usage: '',
    description: [
      'Every value with file, line and column, or the option or variable that decides; `default` where nothing says it.',
      'Opens no store. Shows nothing that could be a credential.',
    ],
    options: [],
    examples: [{ command: 'keyward config show --env production', explanation: 'what production runs with' }],
  },
  run: async (invocation) => {
    const { output } = invocation;
    const options = loadOptions(invocation);
    const values = describeConfig(await loadLayers(options), options);
    if (output.json) {
      output.document(values);
      return 0;
    }
    output.table(
      values.map(({ key, value, from }) => [
        output.style('bold', key),
        typeof value === 'string' ? value : JSON.stringify(value),
        output.style('dim', from),
      ]),
    );
    return 0;
  },
};

export default command;
