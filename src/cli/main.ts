import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { userFolders } from '../host/folders.js';
import { readCompiled, writeCompiled } from './compiled-code.js';

/** What a script gets in place of the wrapper that Node puts around CommonJS. */
type Wrapped = (module: { exports: unknown }, require: (id: string) => unknown, file: string) => void;

/** After longer runs V8 has thrown away what was used at the start only. */
const freshSeconds = 60;

const installed = createRequire(import.meta.url);
const folder = dirname(fileURLToPath(import.meta.url));
const loaded = new Map<string, unknown>();

/**
 * Loads a script of the bundle as `require` would, with what an earlier run of the same command compiled: compiling
 * takes longer than everything else together.
 */
function load(name: string, compiled: string | undefined): unknown {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const file = join(folder, name);
  const kept = compiled === undefined ? undefined : join(compiled, name.replaceAll('/', '-'));
  // The bundle is written in ASCII.
  const source = readFileSync(file, 'latin1');
  const cachedData = kept === undefined ? undefined : readCompiled(kept, source);
  const text = `(function (module, require, __filename) { const { exports } = module; ${source}\n})`;
  const script = new Script(text, { filename: file, ...(cachedData && { cachedData }) });
  if (kept !== undefined && (cachedData === undefined || script.cachedDataRejected === true)) {
    process.on('exit', (status) => {
      if (status === 0 && process.uptime() < freshSeconds) writeCompiled(kept, source, script.createCachedData());
    });
  }
  const module = { exports: {} };
  const require = (id: string) => (id.startsWith('./') ? load(id.slice(2), compiled) : installed(id));
  const wrapped: Wrapped = script.runInThisContext();
  wrapped(module, Object.assign(require, { resolve: installed.resolve }), file);
  loaded.set(name, module.exports);
  return module.exports;
}

/** One folder for each command, since each uses other parts; none where the home folder is not known. */
function compiledFolder(): string | undefined {
  const verb = /^[a-z]{2,20}$/.exec(process.argv[2] ?? '')?.[0];
  try {
    return verb && join(userFolders(process.env, process.env['HOME'] || homedir()).cache, 'compiled', verb);
  } catch {
    return undefined;
  }
}

load('program.js', compiledFolder());
