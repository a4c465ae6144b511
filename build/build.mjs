// Builds dist/: the library with its types, and the command line. `--no-types` keeps the declarations that there are, which
// take all the time.
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCommandLine } from './command-line.mjs';
import { buildDeclarations, buildLibrary } from './library.mjs';
import { noticesOf } from './notices.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

const library = { root, dist, entries: entriesOf(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))) };
const isWhole = !process.argv.includes('--no-types');

// What is named by its content would pile up.
for (const folder of isWhole ? [dist] : [join(dist, 'cli'), join(dist, 'parts')]) {
  rmSync(folder, { recursive: true, force: true });
}
if (isWhole) buildDeclarations(library);
await buildLibrary(library);
const bundled = await buildCommandLine({ root, outdir: join(dist, 'cli') });
writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.md'), noticesOf(root, bundled));
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
