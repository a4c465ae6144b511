import { configJsonSchema } from '../../compose/config-json-schema.js';
import type { Command } from '../command.js';

const command: Command = {
  spec: {
    name: 'config schema',
    summary: 'JSON Schema of keyward.yaml, for completion in editors',
    usage: '',
    description: [
      'An editor with the YAML language server takes it from a first line in keyward.yaml, which init writes where',
      'Keyward is among the packages of the project: # yaml-language-server: $schema=./keyward.schema.json.',
    ],
    options: [],
    examples: [{ command: 'keyward config schema > keyward.schema.json', explanation: 'beside keyward.yaml' }],
  },
  run: async ({ output }) => {
    output.document(configJsonSchema());
    return 0;
  },
};

export default command;
