import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesBelow } from '../guards/source-tree.js';
import { Laptop, repository } from './cli.js';

/** Notes every file that Node reads as code or loads as a native part, and every module of its own. */
const spy = `
const fs = require('node:fs');
const before = new Set(process.moduleLoadList);
const note = (kind, what) => fs.appendFileSync(process.env.SPY_OUT, kind + ' ' + what + '\\n');
const { readFileSync } = fs;
fs.readFileSync = (path, ...rest) => {
  if (typeof path === 'string' && path.endsWith('.js')) note('file', path);
  return readFileSync(path, ...rest);
};
const { dlopen } = process;
process.dlopen = (module, path, ...rest) => (note('native', path), dlopen.call(process, module, path, ...rest));
process.on('exit', () => {
  for (const path of Object.keys(require.cache)) note('file', path);
  for (const name of process.moduleLoadList) if (!before.has(name)) note('module', name);
});
`;
const hooks = `
import { appendFileSync } from 'node:fs';
export const load = async (url, context, next) => {
  if (url.startsWith('file:')) appendFileSync(process.env.SPY_OUT, 'file ' + url.slice('file://'.length) + '\\n');
  return next(url, context);
};
`;
const spyOnModules = `
import { register } from 'node:module';
register('./hooks.mjs', import.meta.url);
`;

let laptop: Laptop;
let library: string;

beforeAll(async () => {
  laptop = new Laptop();
  await laptop.ok(['init']);
  await laptop.ok(['set', 'app/token'], { stdin: 'value-of-the-token' });
  laptop.write('spy.cjs', spy);
  laptop.write('hooks.mjs', hooks);
  laptop.write('spy-on-modules.mjs', spyOnModules);
  library = join(laptop.project, 'node_modules/keyward');
  mkdirSync(library, { recursive: true });
  copyFileSync(join(repository, 'package.json'), join(library, 'package.json'));
  symlinkSync(join(repository, 'node_modules'), join(library, 'node_modules'));
  await build({
    absWorkingDir: repository,
    entryPoints: filesBelow('src', '.ts').filter((path) => !path.endsWith('.test.ts')),
    outbase: 'src',
    outdir: join(library, 'dist'),
    format: 'esm',
    platform: 'node',
  });
}, 60_000);
afterAll(() => laptop.remove());

const chain = (providers: string) => `
project: bot
environment: development
providers: ${providers}
secrets: { app/token: { env: APP_TOKEN } }
`;

interface Loaded {
  readonly files: readonly string[];
  /** Native parts. */
  readonly native: readonly string[];
  /** Of Node itself. */
  readonly modules: readonly string[];
}

function loadedBy(args: readonly string[]): Loaded {
  const out = join(laptop.project, 'loaded.txt');
  writeFileSync(out, '');
  const { status, stderr } = spawnSync(process.execPath, ['-r', './spy.cjs', ...args], {
    cwd: laptop.project,
    env: laptop.environment({ SPY_OUT: out }),
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = readFileSync(out, 'utf8').split('\n');
  const of = (kind: string) =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
  return { files: of('file'), native: of('native'), modules: of('module') };
}

const programFolder = join(repository, 'dist/cli');
const command = (...args: readonly string[]) => loadedBy([join(programFolder, 'main.js'), ...args]);
/** Of a run that found everything that an earlier one kept. */
const commandAgain = (...args: readonly string[]) => {
  command(...args);
  return command(...args);
};
const packs = ({ files }: Loaded) =>
  [...new Set(files.flatMap((path) => /\/packs\/(.*)\.js$/.exec(path)?.[1] ?? []))].sort();
const packages = ({ files }: Loaded) =>
  [...new Set(files.flatMap((path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []))].sort();

describe('the command line', () => {
  test('that says its version loads no library but the reader of arguments', () => {
    const loaded = command('version');
    expect(packs(loaded)).toEqual(['more', 'start']);
    expect(loaded.native).toEqual([]);
  });

  test('that runs a program with values of the environment and .env files loads no store and nothing native', () => {
    laptop.write('keyward.yaml', chain('[{ dotenv: {} }, { env: {} }]'));
    laptop.write('.env', 'APP_TOKEN=value-of-the-file\n');
    expect(packs(command('run', '--', 'true'))).toEqual(['start']);
    const loaded = command('run', '--', 'true');
    expect(packs(loaded)).toEqual(['start']);
    expect(loaded.native).toEqual([]);
    expect(packages(loaded)).toEqual([]);
  });

  test('that runs a program loads none of the modules of Node that take long and that it can do without', () => {
    laptop.write('keyward.yaml', chain('[{ dotenv: {} }, { env: {} }]'));
    laptop.write('.env', 'APP_TOKEN=value-of-the-file\n');
    const { modules } = commandAgain('run', '--', 'true');
    for (const name of ['crypto', 'fs/promises', 'perf_hooks', 'readline']) {
      expect(modules).not.toContain(`NativeModule ${name}`);
    }
  });

  test.each([[['get', 'app/token']], [['run', '--', 'true']]])(
    'of %j with the store loads its code, LMDB, and one native part',
    (args) => {
      laptop.write('keyward.yaml', chain('[{ keyward: { prefix: "bot/{env}" } }]'));
      const loaded = commandAgain(...args);
      expect(packs(loaded)).toEqual(['lmdb', 'start', 'store']);
      expect(loaded.native.map((path) => /@lmdb\/[^/]+/.exec(path)?.[0])).toEqual([
        expect.stringMatching(/^@lmdb\/lmdb-/),
      ]);
      for (const name of ['fs/promises', 'readline', 'internal/fs/rimraf', 'internal/crypto/webcrypto', 'module']) {
        expect(loaded.modules).not.toContain(`NativeModule ${name}`);
      }
    },
  );
});

describe('the library', () => {
  function service(body: string): Loaded {
    writeFileSync(join(laptop.project, 'service.mjs'), body);
    return loadedBy(['--import', './spy-on-modules.mjs', 'service.mjs']);
  }
  const read = `
    import { openSecrets } from 'keyward';
    const secrets = await openSecrets();
    await secrets.get('app/token');
    await secrets.close();
  `;

  test('loads none of its dependencies, no provider and no store when it is imported', () => {
    const loaded = service("import 'keyward';");
    expect(packages(loaded)).toEqual(['keyward']);
    const rooms = loaded.files.filter((path) => /dist\/(?:store|guard|providers|crypto|formats)\//.test(path));
    expect(rooms).toEqual([]);
  });

  test('loads nothing native and no SDK for a service that reads its environment', () => {
    laptop.write('keyward.yaml', chain('[{ env: {} }, { dotenv: {} }]'));
    const loaded = service(read);
    expect(loaded.native).toEqual([]);
    expect(packages(loaded)).toEqual(['keyward', 'valibot', 'yaml']);
  });

  test('loads fewer than 25 packages with the store', () => {
    laptop.write('keyward.yaml', chain('[{ keyward: { prefix: "bot/{env}" } }]'));
    const loaded = packages(service(read));
    expect(loaded).toContain('lmdb');
    expect(loaded.length).toBeLessThan(25);
  });
});
