// Builds dist/: the library file by file with types (tsc), and the command line bundled (esbuild), so that it starts fast.
// `--cli` builds the command line alone, which takes a moment.
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCommandLine } from './command-line.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const onlyCli = process.argv.includes('--cli');

if (!onlyCli) {
  rmSync(dist, { recursive: true, force: true });
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'build/tsconfig.json')],
    {
      stdio: 'inherit',
    },
  );
}

rmSync(join(dist, 'cli'), { recursive: true, force: true });
await buildCommandLine({ root, outdir: join(dist, 'cli') });
chmodSync(join(dist, 'cli/main.js'), 0o755);
