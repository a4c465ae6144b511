import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** The tests of the command line run what users run: the bundle. */
export function setup(): void {
  const root = join(import.meta.dirname, '..');
  execFileSync(process.execPath, [join(root, 'build/build.mjs'), '--no-types'], { stdio: 'inherit' });
}
