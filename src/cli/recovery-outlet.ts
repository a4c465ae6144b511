import { resolve } from 'node:path';
import { writeOwnedFile } from '../host/owned-file.js';
import { type Invocation, textOption } from './command.js';

export const recoveryOutOption = {
  flags: '--recovery-out <file>',
  description: 'write the recovery key to this new file instead of the terminal',
};

/**
 * Hands a new recovery key to the user: on the terminal, or in the new file of `--recovery-out`. `undefined` where there is
 * neither: a recovery key never goes into a pipe, a journal or a container's log.
 */
export function recoveryOutlet(invocation: Invocation): ((code: Uint8Array) => Promise<void>) | undefined {
  const { io, output } = invocation;
  const file = textOption(invocation, 'recoveryOut');
  if (file !== undefined) {
    return async (code) => {
      await writeOwnedFile(resolve(io.cwd, file), code, { exclusive: true });
      output.note(`wrote the recovery key to ${file}; keep it away from this machine`);
    };
  }
  if (io.stderr.isTTY !== true) return undefined;
  return async (code) => {
    io.stderr.write('Recovery key, shown only now. Write it down and keep it away from this machine:\n\n    ');
    io.stderr.write(code);
    io.stderr.write('\n\n');
  };
}
