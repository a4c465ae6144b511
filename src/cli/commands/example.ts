import { KeywardError } from '../../core/errors.js';
import { exampleFile, exampleFindings, exampleText, missingInExample } from '../../lifecycle/inventory/example-file.js';
import { type Command, flagOption } from '../command.js';
import { readExample } from '../read-example.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'example',
    summary: `Print ${exampleFile}: every name that the inventory gives, and no value`,
    usage: '',
    description: [
      'The names are those that `keyward run` gives, each with its place and purpose. Reads no store. With --check, looks',
      `whether the project's ${exampleFile} has them all, and nothing that looks like a real value.`,
    ],
    options: [{ flags: '--check', description: `print nothing, and say what is wrong with ${exampleFile}` }],
    examples: [
      { command: `keyward example > ${exampleFile}`, explanation: 'after every change of `secrets:` in keyward.yaml' },
      { command: 'keyward example --check', explanation: 'in continuous integration' },
    ],
    exitStatuses: { 1: '--check: a name is missing, or a value looks real' },
  },
  run: (invocation) =>
    withWorkspace(invocation, async ({ config: { inventory, folder } }) => {
      const { output } = invocation;
      if (!flagOption(invocation, 'check')) {
        const text = exampleText(inventory);
        if (output.json) output.document({ text });
        else await output.bytes(Buffer.from(text));
        return 0;
      }
      const text = await readExample(folder);
      if (text === undefined) {
        throw new KeywardError('config', `there is no ${exampleFile} in ${folder}`, {
          advice: `Run: keyward example > ${exampleFile}`,
        });
      }
      const missing = missingInExample(inventory, text);
      const findings = exampleFindings(text, new Map());
      if (output.json) output.document({ missing, findings });
      else for (const finding of findings) output.finding(finding);
      if (missing.length > 0) output.note(`${exampleFile} lacks ${missing.join(', ')}; see: keyward example`);
      return missing.length === 0 && findings.length === 0 ? 0 : 1;
    }),
};

export default command;
