import { spawnSync } from 'node:child_process';

/** @throws Error saying how to install the program when this machine does not have it. */
export function assertProgram(name: string, debianPackage: string): void {
  const { error } = spawnSync(name, ['--version'], { stdio: 'ignore' });
  if (error === undefined) return;
  throw new Error(`these tests need the program ${name}; on Debian: apt-get install ${debianPackage}`);
}
