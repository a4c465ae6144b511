import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { KeywardError } from '../core/errors.js';
import type { CliIo } from './io.js';

const screenEditors: ReadonlySet<string> = new Set(['nano', 'nvi', 'nvim', 'vi', 'view', 'vim']);

/**
 * What an editor that draws the screen is told beside the file; nothing for any other.
 *
 * @throws KeywardError `invalid` without a terminal: it would draw the value into a pipe or a log.
 */
export async function screenOptions(editor: string, io: CliIo): Promise<readonly string[]> {
  const program = basename(editor.trim().split(/\s+/)[0] ?? '');
  if (!screenEditors.has(program)) return [];
  if (io.stdin.isTTY !== true || io.stdout.isTTY !== true) {
    throw new KeywardError('invalid', `${program} needs a terminal; nothing was changed`, {
      advice: 'Run it at a terminal, or write the value with: keyward set <path>',
    });
  }
  // Vim writes what was on the screen to its swap file, backups and ~/.viminfo unless it is told not to.
  const isVim = /^n?vim$/.test(program) || (program.startsWith('vi') && (await saysVim(editor, io)));
  return isVim ? ['-n', '-i', 'NONE', '--cmd', 'set nobackup nowritebackup noundofile'] : [];
}

/** On most systems vi is Vim under another name; any other vi refuses the option. */
function saysVim(editor: string, io: CliIo): Promise<boolean> {
  return new Promise((resolve) => {
    const args = ['-c', `exec ${editor} --version`];
    const child = execFile(
      '/bin/sh',
      args,
      { cwd: io.cwd, env: { PATH: io.env['PATH'] }, timeout: 5_000 },
      (_, stdout) => resolve(/\bvim\b/i.test(stdout)),
    );
    child.stdin?.end();
  });
}
