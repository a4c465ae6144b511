import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '..');
const packedFrom = [
  'build',
  'src',
  'docs',
  'tools',
  'package.json',
  'tsconfig.json',
  'README.md',
  'LICENSE',
  'SECURITY.md',
];

/** Builds and packs a copy of the repository, which it makes in the folder; answers the file. */
export function packKeyward(folder: string): string {
  const copy = join(folder, 'keyward');
  for (const name of packedFrom) cpSync(join(repository, name), join(copy, name), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  npm(['run', 'build'], copy);
  npm(['pack'], copy);
  const [file = ''] = readdirSync(copy).filter((name) => name.endsWith('.tgz'));
  return join(copy, file);
}

/** @throws Error with what it printed when the command fails. */
export function npm(args: readonly string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
}
