import { resolve } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { readTextFile } from '../../host/plain-file.js';
import { type Command, textOption } from '../command.js';
import { progressLine } from '../output/progress-line.js';
import { withWorkspace } from '../session.js';

const maxAnchorBytes = 64 * 1024;

const command: Command = {
  spec: {
    name: 'audit verify',
    summary: 'Check that nobody edited, dropped, reordered or shortened the audit log',
    usage: '',
    description: [
      'Follows the chain of hashes over every line and checks every signature, and names the first line that is wrong.',
      'A checkpoint that was kept elsewhere (--anchor) finds a log that was shortened or rewritten since.',
    ],
    options: [
      { flags: '--anchor <file>', description: 'a checkpoint kept elsewhere, as written by --export' },
      { flags: '--key <hex>', description: 'the public key that must have signed, as printed by init' },
      { flags: '--export', description: 'sign the log now and print the checkpoint, to be kept elsewhere' },
    ],
    examples: [
      { command: 'keyward audit verify', explanation: 'the whole log' },
      { command: 'keyward audit verify --export > checkpoint.json', explanation: 'something to compare with later' },
    ],
    exitStatuses: { 1: 'the log was changed', 2: 'sound, but the newest entries are not signed yet' },
  },
  run: (invocation) =>
    withWorkspace(invocation, async (workspace) => {
      const { io, output } = invocation;
      const anchorFile = textOption(invocation, 'anchor');
      const anchor =
        anchorFile === undefined
          ? undefined
          : await readTextFile(resolve(io.cwd, anchorFile), { maxBytes: maxAnchorBytes });
      if (anchorFile !== undefined && anchor === undefined) {
        throw new KeywardError('config', `there is no file ${anchorFile}`, { store: anchorFile });
      }
      const progress = progressLine(invocation);
      const verified = workspace.verifyAudit({
        anchor: anchor === undefined ? undefined : new TextEncoder().encode(anchor),
        publicKey: textOption(invocation, 'key'),
        onProgress: progress.show,
      });
      const result = await verified.finally(progress.clear);
      if (result.status !== 'broken' && invocation.options['export'] === true) {
        const { client } = await workspace.store();
        await output.bytes(await client.audit.checkpoint());
        return 0;
      }
      if (output.json) {
        output.document(result);
      } else {
        const counts = `${result.entries} entries, ${result.checkpoints} checkpoints`;
        if (result.status === 'ok') output.line(`ok: ${counts}; every entry is signed`);
        if (result.status === 'unsigned')
          output.line(`sound: ${counts}; the newest ${result.unsignedEntries} are not signed yet`);
        const problem = result.firstProblem;
        if (result.status === 'broken') {
          output.line(
            `broken: ${problem?.volume ?? 'the log'}, line ${problem?.line ?? '?'}: ${problem?.problem ?? 'unknown'}`,
          );
        }
      }
      return { ok: 0, unsigned: 2, broken: 1 }[result.status];
    }),
};

export default command;
