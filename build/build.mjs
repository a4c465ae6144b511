// Builds dist/: the library with its types, and the command line. `--cli` builds the command line alone, which takes a
// moment.
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCommandLine } from './command-line.mjs';
import { buildLibrary } from './library.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

if (!process.argv.includes('--cli')) {
  rmSync(dist, { recursive: true, force: true });
  await buildLibrary({ root, dist, entries: entriesOf(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))) });
}

rmSync(join(dist, 'cli'), { recursive: true, force: true });
await buildCommandLine({ root, outdir: join(dist, 'cli') });
const program = join(dist, 'cli/main.js');
chmodSync(program, 0o755);
// For editors, which find it below node_modules. Without a home nothing is kept for a next run.
const schema = execFileSync(process.execPath, [program, 'config', 'schema'], { env: { HOME: '.' } });
writeFileSync(join(dist, 'keyward.schema.json'), JSON.stringify(JSON.parse(schema)));

/** Every file below dist/ that the manifest names, except the command line. */
function entriesOf({ exports, sideEffects }) {
  const named = JSON.stringify([exports, sideEffects]).matchAll(/"\.\/dist\/([^"]+\.c?js)"/g);
  return [...new Set([...named].map(([, path]) => path))];
}
