import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { userFolders } from '../host/folders.js';
import { KeptFiles } from './kept-files.js';

/** The body of a module, as Node would wrap it. */
type Body = (module: { exports: unknown }, exports: object, require: Require, dirname: string) => void;
type Require = ((id: string) => unknown) & {
  readonly resolve: (id: string) => string;
  /** A driver by its path below `dist/`. It is an ES module of the library. */
  readonly driver: (path: string) => Promise<unknown>;
};

/** After longer runs V8 has thrown away what was used at the start only. */
const freshSeconds = 60;

const packs = new Map<string, Readonly<Record<string, Body>>>();
const loaded = new Map<string, { exports: unknown }>();
const scripts = new Map<string, { readonly mark: string; readonly script: Script }>();
let isAllKept = true;
const compiled = compiledCode();

/** A module of the bundle is called `pack#name`; anything else is a module of Node or an installed package. */
const load: Require = Object.assign(
  (id: string): unknown => {
    const [pack = '', name] = id.split('#');
    if (name === undefined) return require(id);
    const known = loaded.get(id);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(id, module);
    bodiesOf(pack)[name]?.(module, module.exports, load, __dirname);
    return module.exports;
  },
  { resolve: require.resolve, driver: (path: string) => import(pathToFileURL(join(__dirname, '..', path)).href) },
);

/**
 * The modules of a pack, with what an earlier run of the same command compiled: compiling takes longer than everything
 * else together.
 */
function bodiesOf(pack: string): Readonly<Record<string, Body>> {
  const known = packs.get(pack);
  if (known !== undefined) return known;
  const filename = join(__dirname, 'packs', `${pack}.js`);
  // The bundle is written in ASCII.
  const text = readFileSync(filename, 'latin1');
  const cachedData = compiled?.read(pack, markOf(text));
  const script = new Script(text, { filename, ...(cachedData && { cachedData }) });
  scripts.set(pack, { mark: markOf(text), script });
  if (cachedData === undefined || script.cachedDataRejected === true) isAllKept = false;
  const bodies: Readonly<Record<string, Body>> = script.runInThisContext();
  packs.set(pack, bodies);
  return bodies;
}

/** Each command has its own, since each uses other parts; there is none where the home folder is not known. */
function compiledCode(): KeptFiles | undefined {
  const verb = /^[a-z]{2,20}$/.exec(process.argv[2] ?? '')?.[0];
  if (verb === undefined) return undefined;
  try {
    const { cache } = userFolders(process.env, process.env['HOME'] || homedir());
    return cache === undefined ? undefined : new KeptFiles(join(cache, 'compiled', verb));
  } catch {
    return undefined;
  }
}

// All of them once one is new: a run that needs one more pack needs more of the others too.
process.on('exit', (status) => {
  if (isAllKept || status !== 0 || process.uptime() > freshSeconds) return;
  for (const [pack, { mark, script }] of scripts) compiled?.write(pack, mark, script.createCachedData());
});

/** A script of the bundle names its digest in its first line. */
function markOf(script: string): string {
  return `${script.slice(0, script.indexOf('\n'))} ${process.version} ${process.arch}`;
}

load('start#program');
