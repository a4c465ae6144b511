// The command line as CommonJS, which Node loads in half the time of ES modules: a small main file, our own code in one
// script, whose parts run when they are first asked for, and each library in a script of its own.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const common = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  // In CommonJS, `import()` would take the way through the loader of ES modules.
  supported: { 'dynamic-import': false },
  // Names of classes and functions stand in stack traces and in errors.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/** Packages that stay where they are installed: they hold native code or belong to the user. */
const native = ['@node-rs/argon2'];

/** Libraries of which we use so little that it is best kept with our own code. */
const inside = ['valibot', 'picocolors'];

/** How a library is bundled where its package does more than the command line needs. */
const special = {
  lmdb: {
    // It finds its native code from its own folder, wherever that is installed.
    conditions: ['node', 'import'],
    define: { 'import.meta.url': 'installedAt' },
    banner: { js: "const installedAt = require('node:url').pathToFileURL(require.resolve('lmdb')).href;" },
    plugins: [withoutMessagePack()],
  },
};

const ownPlace = {
  define: { 'import.meta.url': 'thisFile' },
  banner: { js: "const thisFile = require('node:url').pathToFileURL(__filename).href;" },
};

export async function buildCommandLine({ root, outdir }) {
  const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const external = [...native, ...Object.keys(peerDependencies)];
  const libraries = new Set();
  const at = { ...common, absWorkingDir: root, external };
  await build({
    ...at,
    ...ownPlace,
    banner: { js: `#!/usr/bin/env node\n${ownPlace.banner.js}` },
    entryPoints: ['src/cli/main.ts'],
    outfile: join(outdir, 'main.js'),
  });
  await buildScript({
    ...at,
    ...ownPlace,
    entryPoints: ['src/cli/program.ts'],
    outfile: join(outdir, 'program.js'),
    plugins: [setAside(libraries, [...external, ...inside])],
  });
  for (const name of libraries) {
    await buildScript({ ...at, ...special[name], entryPoints: [name], outfile: join(outdir, fileOf(name)) });
  }
  // The package is one of ES modules.
  writeFileSync(join(outdir, 'package.json'), '{ "type": "commonjs" }\n');
}

/** A script names its digest in its first line: what is kept of it between runs must belong to it. */
async function buildScript(options) {
  await build(options);
  const script = readFileSync(options.outfile);
  writeFileSync(options.outfile, `// ${createHash('sha256').update(script).digest('hex')}\n${script}`);
}

const fileOf = (name) => `libraries/${name.replace('@', '').replace('/', '-')}.js`;

/** Leaves every library but these out of the bundle, and notes its name. */
function setAside(libraries, others) {
  return {
    name: 'set-aside',
    setup: ({ onResolve }) => {
      onResolve({ filter: /^[a-z@]/ }, ({ path, kind, importer }) => {
        const isLibrary = kind !== 'entry-point' && !path.startsWith('node:') && !importer.includes('/node_modules/');
        if (!isLibrary || others.includes(path)) return undefined;
        libraries.add(path);
        return { path: `./${fileOf(path)}`, external: true };
      });
    },
  };
}

/** LMDB's MessagePack encoder, which nothing uses that stores bytes, loads native code of its own. */
function withoutMessagePack() {
  return {
    name: 'without-message-pack',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^msgpackr$/ }, ({ path }) => ({ path, namespace: 'absent' }));
      onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'export const Encoder = undefined;' }));
    },
  };
}
