import { KeywardError } from '../../core/errors.js';
import type { Command } from '../command.js';
import { confirm } from '../prompt.js';

const command: Command = {
  spec: {
    name: 'trust',
    summary: 'Agree to what the configuration of this project reaches outside it',
    usage: '',
    description: [
      'A configuration file that is found (not named by --config or KEYWARD_CONFIG) may not set addresses, commands, a',
      'store of its own or files outside the project until you agree to this very content; any change asks again.',
    ],
    options: [{ flags: '-y, --yes', description: 'agree without being asked' }],
    examples: [{ command: 'keyward trust', explanation: 'shows what it would reach, then asks' }],
  },
  run: async (invocation) => {
    const { io, output, global } = invocation;
    const { prepareTrust } = await import('../../compose/prepare-trust.js');
    const request = await prepareTrust({ cwd: io.cwd, env: io.env, home: io.home, configFile: global.configFile });
    for (const { file, reasons, isTrusted } of request.files) {
      output.note(`${file}${isTrusted ? ' (trusted already)' : ''}`);
      for (const reason of reasons) output.note(`  - ${reason}`);
      if (reasons.length === 0) output.note('  - reaches nothing outside the project');
    }
    if (request.files.every(({ reasons }) => reasons.length === 0)) {
      output.note('there is nothing to agree to');
      if (output.json) output.document({ trusted: [] });
      return 0;
    }
    const agreed = invocation.options['yes'] === true || (await confirm(io, 'Trust this content?'));
    if (agreed === undefined) {
      throw new KeywardError('invalid', 'there is no terminal to ask at', {
        advice: 'Read the above, then run: keyward trust --yes',
      });
    }
    if (!agreed) {
      output.note('not trusted');
      return 1;
    }
    await request.accept();
    output.note('trusted');
    if (output.json) output.document({ trusted: request.files.map(({ file }) => file) });
    return 0;
  },
};

export default command;
