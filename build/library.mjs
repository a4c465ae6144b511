// The library as ES modules, one file for each entry and driver, and what they share or load on demand beside them; and the
// declarations that the entries reach.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { driversOf } from './drivers.mjs';

/** @param entries Paths below `dist/`, such as `index.js`. */
export async function buildLibrary({ root, dist, entries }) {
  const common = {
    absWorkingDir: root,
    outbase: 'src',
    outdir: dist,
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20.19',
    // A place in a stack trace is found again by building the version; names of methods stay.
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  const sources = (ending) =>
    entries.filter((entry) => entry.endsWith(ending)).map((entry) => join('src', entry.replace(/js$/, 'ts')));
  await build({
    ...common,
    entryPoints: [...new Set([...sources('.js'), ...driversOf(root)])],
    format: 'esm',
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
  });
  await build({ ...common, entryPoints: sources('.cjs'), format: 'cjs', outExtension: { '.js': '.cjs' } });
}

/** The declarations that the entries need. */
export function buildDeclarations({ root, dist, entries }) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', join(root, 'build/tsconfig.json')], { stdio: 'inherit' });
  const named = entries.map((entry) => entry.replace(/\.(c?)js$/, '.d.$1ts'));
  keepReachable(dist, named);
  stripInternal(dist, named);
}

/** Removes the comments of declarations that no entry names: nobody comes across them, and they are a third of all. */
function stripInternal(folder, entries) {
  const named = new Set(entries.flatMap((entry) => [entry, ...importsOf(folder, entry)]));
  for (const file of readdirSync(folder, { recursive: true })) {
    if (!/\.d\.c?ts$/.test(file) || named.has(file)) continue;
    const path = join(folder, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/^ *\/\*\*[\s\S]*?\*\/\n/gm, ''));
  }
}

function importsOf(folder, file) {
  const specifiers = readFileSync(join(folder, file), 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]*)\.js['"]/g);
  return [...specifiers].map(([, imported]) => join(dirname(file), `${imported}.d.ts`));
}

/** Removes the declarations that none of the entries needs. */
function keepReachable(folder, entries) {
  const reached = new Set();
  const visit = (file) => {
    if (reached.has(file)) return;
    reached.add(file);
    importsOf(folder, file).forEach(visit);
  };
  for (const entry of entries) visit(entry);
  for (const file of readdirSync(folder, { recursive: true })) {
    if (/\.d\.c?ts$/.test(file) && !reached.has(file)) rmSync(join(folder, file));
  }
  removeEmptyFolders(folder);
}

function removeEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
