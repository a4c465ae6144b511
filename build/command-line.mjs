// The command line as CommonJS, which Node loads in half the time of ES modules: a small main file, and packs. A pack is
// a script that gives the bodies of its modules by their names; src/cli/main.ts loads them as `pack#name`. Our own code is
// in three of them, so that a usual `run` loads one; each library has its own.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { build, transform } from 'esbuild';
import { driverFile, driversOf } from './drivers.mjs';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // Half the size, and less for V8 to make at each start. A place in a stack trace is found again by building the version.
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/** What the body of a module is called with. */
const parameters = 'module,exports,require,__dirname';
/** Before the path of a driver below `dist/`, in the pieces. */
const driverScheme = 'driver:';
/** Marks where the body begins, behind what esbuild gives every module of its own. */
const bodyStart = 'body';
/** That, once for all modules of a pack: exports that are read when they are used, and ES modules as CommonJS has them. */
const interop = [
  'const __define=Object.defineProperty',
  '__export=(to,all)=>{for(const name in all)__define(to,name,{get:all[name],enumerable:true})}',
  '__copy=(to,from,but)=>{for(const name of Object.getOwnPropertyNames(from))if(name!==but&&!Object.hasOwn(to,name))__define(to,name,{get:()=>from[name],enumerable:true});return to}',
  '__toCommonJS=(module)=>__copy(__define({},"__esModule",{value:true}),module)',
  '__toESM=(module,isNode)=>__copy(isNode||!module?.__esModule?{default:module}:{},module)',
].join();

/** What each pack of our own code begins with; it takes along what that imports. `more` has the rest. */
const ownPacks = {
  start: [
    'src/cli/program.ts',
    'src/cli/commands/run.ts',
    'src/cli/commands/get.ts',
    'src/compose/open-workspace.ts',
    'src/compose/find-references.ts',
    'src/compose/examine-config-file.ts',
  ],
  store: ['src/compose/open-store.ts'],
};

/** Packages that stay where they are installed, as peers do: one holds native code, and what the other reads is kept. */
const native = ['@node-rs/argon2', 'yaml'];

/** Libraries of which we use so little that it is best kept with our own code. */
const inside = ['valibot'];

/** For Node's own, which loads all that it knows about ES modules. */
const createRequire = `
  import { dirname } from 'node:path';
  import { fileURLToPath } from 'node:url';
  export const createRequire = (from) => {
    const paths = [dirname(fileURLToPath(from))];
    return Object.assign((id) => require(id), { resolve: (id) => require.resolve(id, { paths }) });
  };
`;

/** The exports of a library that we use, where they are a small part of it. */
const used = { '@clack/prompts': ['confirm', 'isCancel', 'password', 'text'] };

/** How a library is bundled where its package does more than the command line needs. */
const special = {
  lmdb: {
    // It finds its native code from its own folder, wherever that is installed.
    conditions: ['node', 'import'],
    define: { 'import.meta.url': 'installedAt' },
    banner: { js: installedAt('lmdb') },
    plugins: [
      // Nothing that stores bytes uses it, and it loads native code of its own.
      inPlaceOf(/^msgpackr$/, 'export const Encoder = undefined;'),
      inPlaceOf(/^(?:node:)?module$/, createRequire),
    ],
  },
};

/** Answers the folders of the packages, from the root, of which the result holds code. */
export async function buildCommandLine({ root, outdir }) {
  const { peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const external = [...native, ...Object.keys(peerDependencies)];
  const at = { ...common, absWorkingDir: root, external };
  mkdirSync(join(outdir, 'packs'), { recursive: true });
  await build({
    ...at,
    format: 'cjs',
    banner: { js: '#!/usr/bin/env node' },
    entryPoints: ['src/cli/main.ts'],
    outfile: join(outdir, 'main.js'),
  });
  const libraries = new Set();
  const digests = [];
  const own = await ownPieces(at, libraries);
  const inputs = Object.keys(own.inputs);
  for (const [pack, pieces] of own.packs) {
    digests.push(writePack(outdir, pack, await Promise.all(pieces.map((piece) => ownBody(piece)))));
  }
  for (const name of libraries) {
    const body = await libraryBody(at, name);
    digests.push(writePack(outdir, packOf(name), [body]));
    inputs.push(...Object.keys(body.inputs));
  }
  writeFileSync(join(outdir, 'packs/digest'), digestOf(digests.sort().join()));
  // The package is one of ES modules.
  writeFileSync(join(outdir, 'package.json'), '{ "type": "commonjs" }\n');
  return new Set(
    inputs.flatMap((path) => /node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
  );
}

/** Our own code by pack, cut where something is loaded on demand or shared. The pieces are still ES modules. */
async function ownPieces(at, libraries) {
  const { outputFiles, metafile } = await build({
    ...at,
    format: 'esm',
    splitting: true,
    entryPoints: ['src/cli/program.ts'],
    outdir: 'packs',
    write: false,
    metafile: true,
    plugins: [setAside(libraries, [...at.external, ...inside]), leaveDrivers(at.absWorkingDir)],
  });
  const packOfPiece = packsOf(metafile.outputs);
  // What is shared has no name of its own; its number is shorter than its hash.
  const names = new Map(
    outputFiles.map(({ path }, at) => [basename(path), basename(path, '.js').replace(/^chunk-.*/, at)]),
  );
  const idOf = (path) => `${packOfPiece.get(basename(path))}#${names.get(basename(path))}`;
  const packs = new Map();
  for (const { path, text } of outputFiles) {
    const pack = packOfPiece.get(basename(path));
    packs.set(pack, [...(packs.get(pack) ?? []), { name: names.get(basename(path)), text, idOf }]);
  }
  return { packs, inputs: metafile.inputs };
}

function packsOf(outputs) {
  const packs = new Map();
  const take = (pack, path) => {
    if (packs.has(basename(path))) return;
    packs.set(basename(path), pack);
    for (const { kind, external, path: next } of outputs[path].imports) {
      if (kind === 'import-statement' && !external) take(pack, next);
    }
  };
  for (const [pack, sources] of Object.entries(ownPacks)) {
    for (const source of sources) {
      const path = Object.keys(outputs).find((candidate) => outputs[candidate].entryPoint === source);
      if (path === undefined) throw new Error(`${source} is not loaded on demand, and cannot begin a pack`);
      take(pack, path);
    }
  }
  for (const path of Object.keys(outputs)) take('more', path);
  return packs;
}

async function ownBody({ name, text, idOf }) {
  const { outputFiles } = await build({
    ...common,
    minify: false,
    platform: 'neutral',
    format: 'cjs',
    supported: { 'dynamic-import': false },
    define: { 'import.meta.dirname': '__dirname' },
    stdin: { contents: asPiece(text), sourcefile: bodyStart },
    write: false,
    plugins: [withIds(idOf)],
  });
  const [, body] = outputFiles[0].text.split(`// ${bodyStart}\n`);
  if (body === undefined) throw new Error(`${name} has not the form that is known`);
  const { code } = await transform(`x=function(${parameters}){${body}}`, {
    minify: true,
    target: common.target,
  });
  return { name, method: code.slice(code.indexOf('('), code.lastIndexOf('}') + 1) };
}

function asPiece(text) {
  return (
    text
      // None of our modules does anything but by what it exports.
      .replaceAll(/import"\.[^"]*";/g, '')
      .replaceAll(`import("${driverScheme}`, 'require.driver("')
  );
}

async function libraryBody(at, name) {
  const { outputFiles, metafile } = await build({
    ...at,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    metafile: true,
    ...(used[name] === undefined
      ? { entryPoints: [name] }
      : { stdin: { contents: `export { ${used[name]} } from '${name}'`, resolveDir: at.absWorkingDir } }),
    write: false,
    ...special[name],
  });
  return { name: 'library', method: `(${parameters}){${outputFiles[0].text}}`, inputs: metafile.inputs };
}

/** A pack names its digest in its first line, which is answered: what is kept of it between runs must belong to it. */
function writePack(outdir, pack, bodies) {
  const methods = bodies.map(({ name, method }) => `${JSON.stringify(name)}${method}`);
  const script = `(()=>{'use strict';${interop};return{\n${methods.join(',\n')}\n}})()\n`;
  const digest = digestOf(script);
  writeFileSync(join(outdir, 'packs', `${pack}.js`), `// ${digest}\n${script}`);
  return digest;
}

const digestOf = (text) => createHash('sha256').update(text).digest('hex');

const packOf = (name) => name.replace('@', '').replace('/', '-');

/** Leaves every library but these out of the bundle, and notes its name. */
function setAside(libraries, others) {
  return {
    name: 'set-aside',
    setup: ({ onResolve }) => {
      onResolve({ filter: /^[a-z@]/ }, ({ path, kind, importer }) => {
        const isLibrary = kind !== 'entry-point' && !path.startsWith('node:') && !importer.includes('/node_modules/');
        if (!isLibrary || others.includes(path)) return undefined;
        libraries.add(path);
        return { path: `${packOf(path)}#library`, external: true };
      });
    },
  };
}

/** Leaves drivers to the library, whose modules main.ts finds beside the command line. */
function leaveDrivers(root) {
  const drivers = driversOf(root);
  return {
    name: 'leave-drivers',
    setup: ({ onResolve }) => {
      onResolve({ filter: /^\.{1,2}\// }, ({ path, kind, resolveDir }) => {
        const source = relative(root, resolve(resolveDir, path)).replace(/\.js$/, '.ts');
        if (kind !== 'dynamic-import' || !drivers.includes(source)) return undefined;
        return { path: `${driverScheme}${driverFile(source)}`, external: true };
      });
    },
  };
}

/** Other pieces under the ids of their packs; everything else stays as it is. */
function withIds(idOf) {
  return {
    name: 'with-ids',
    setup: ({ onResolve }) => {
      onResolve({ filter: /./ }, ({ path, kind }) => {
        if (kind === 'entry-point') return undefined;
        return { path: path.startsWith('./') ? idOf(path) : path, external: true };
      });
    },
  };
}

/** Other code for a module that a library imports. */
function inPlaceOf(filter, contents) {
  const namespace = String(filter);
  return {
    name: `in-place-of-${namespace}`,
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter }, ({ path }) => ({ path, namespace }));
      onLoad({ filter: /.*/, namespace }, () => ({ contents }));
    },
  };
}

/** Code that finds a file in the folder of a package. Node's own search loads all that it knows about ES modules. */
function installedAt(name) {
  return `
    const folder = require.resolve.paths('${name}').map((path) => path + '/${name}')
      .find((path) => require('node:fs').existsSync(path + '/package.json'));
    const file = folder === undefined ? require.resolve('${name}') : require('node:fs').realpathSync(folder) + '/index.js';
    const installedAt = require('node:url').pathToFileURL(file).href;
  `;
}
