import { checkConfig } from '../../compose/check-config.js';
import type { Command } from '../command.js';
import { loadOptions } from '../load-options.js';

const command: Command = {
  spec: {
    name: 'config check',
    summary: 'Everything that is wrong in keyward.yaml and the file that it extends',
    usage: '',
    description: [
      'Each finding with file, line and column. Nothing of the file takes effect, so it may be one that is not trusted;',
      'opens and contacts no store.',
    ],
    options: [],
    examples: [
      { command: 'keyward config check --json', explanation: 'for a pipeline: exit status 1 when something is wrong' },
    ],
    exitStatuses: { 1: 'something is wrong' },
  },
  run: async (invocation) => {
    const { output } = invocation;
    const findings = await checkConfig(loadOptions(invocation));
    if (output.json) output.document(findings ?? []);
    else for (const finding of findings ?? []) output.finding(finding);
    if (findings === undefined) output.note('there is no keyward.yaml here or above; the defaults apply');
    else if (findings.length === 0) output.note('nothing is wrong');
    return findings?.some(({ severity }) => severity === 'error') === true ? 1 : 0;
  },
};

export default command;
