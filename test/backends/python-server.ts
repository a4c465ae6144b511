import { execFileSync } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder } from './backend.js';

/** A program of packages from PyPI, in an environment of its own that is made at the first use and kept. */
export function installPython(name: string, packages: readonly string[], program: string): string {
  const folder = cachedFolder(name);
  const installed = join(folder, 'done');
  if (!existsSync(installed)) {
    const run = (command: string, ...args: readonly string[]) =>
      execFileSync(command, args, { cwd: folder, stdio: 'pipe' });
    run('python3', '-m', 'venv', '--clear', 'environment');
    run('environment/bin/pip', 'install', '--quiet', '--only-binary=:all:', ...packages);
    execFileSync('touch', [`${installed}.new`]);
    renameSync(`${installed}.new`, installed);
  }
  return join(folder, 'environment/bin', program);
}
