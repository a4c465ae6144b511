import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder whose `node_modules` has Keyward and the frameworks. */
    readonly installed: string;
  }
}

const repository = join(import.meta.dirname, '../..');
const packedFrom = ['build', 'src', 'docs', 'tools', 'package.json', 'tsconfig.json', 'README.md', 'LICENSE'];

/** Packs Keyward and installs it beside the frameworks, none of which runs a script. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-integrations-'));
  const copy = join(folder, 'source');
  const installed = join(folder, 'installed');
  for (const name of [...packedFrom, 'SECURITY.md'])
    cpSync(join(repository, name), join(copy, name), { recursive: true });
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  succeeds('npm', ['run', '--silent', 'build'], copy);
  succeeds('npm', ['pack', '--silent', '--pack-destination', folder], copy);
  const { version } = JSON.parse(succeeds('npm', ['pkg', 'get', 'name', 'version'], copy));
  mkdirSync(installed);
  for (const name of ['package.json', 'package-lock.json'])
    cpSync(join(import.meta.dirname, name), join(installed, name));
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  succeeds('npm', ['install', '--no-save', ...quiet, join(folder, `keyward-${version}.tgz`)], installed);
  project.provide('installed', installed);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** @throws Error with what it printed when the program fails. */
function succeeds(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return stdout;
}
