import type { Command } from '../command.js';
import { packageVersion } from '../package-version.js';

const command: Command = {
  spec: {
    name: 'version',
    summary: 'Version of Keyward and of Node',
    usage: '',
    description: [],
    options: [],
    examples: [{ command: 'keyward version --json', explanation: 'for a bug report' }],
  },
  run: async ({ output }) => {
    const node = process.versions.node;
    if (output.json) output.document({ keyward: packageVersion, node });
    else output.line(`keyward ${packageVersion} (node ${node})`);
    return 0;
  },
};

export default command;
