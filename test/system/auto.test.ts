import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Laptop, repository } from './cli.js';

const value = 'a value with "quotes" and ключ';
const names = ['JWT_SECRET', 'BINANCE_API_KEY', 'KEYWARD_PASSPHRASE', 'REFERENCE'];
const show = `console.log(JSON.stringify(${JSON.stringify(names)}.map((name) => process.env[name] ?? null)));`;
const reads = join('node_modules', 'keyward', 'dist');

let laptop: Laptop;

beforeAll(async () => {
  laptop = new Laptop();
  laptop.write('.env', `JWT_SECRET='${value}'\nBINANCE_API_KEY=k\nBINANCE_SECRET_KEY=s\n`);
  await laptop.ok(['init', '--from', '.env']);
  laptop.write('.env', '');
  const installed = join(laptop.project, 'node_modules/keyward');
  mkdirSync(installed, { recursive: true });
  copyFileSync(join(repository, 'package.json'), join(installed, 'package.json'));
  symlinkSync(join(repository, 'node_modules'), join(installed, 'node_modules'));
  const shared = { absWorkingDir: repository, bundle: true, platform: 'node', packages: 'external' } as const;
  const outdir = join(laptop.project, reads);
  const entries = { auto: 'src/auto.ts', 'compose/answer-environment': 'src/compose/answer-environment.ts' };
  await build({ ...shared, entryPoints: entries, outdir, format: 'esm', splitting: true });
  await build({ ...shared, entryPoints: ['src/auto.cts'], outfile: join(outdir, 'auto.cjs'), format: 'cjs' });
  laptop.write('show.mjs', show);
  laptop.write('show.cjs', show);
}, 60_000);
afterAll(() => laptop.remove());

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function node(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = laptop.project): Ended {
  return spawnSync(process.execPath, args, { cwd, env: laptop.environment(env), encoding: 'utf8' });
}

/** What the program of the last arguments found in its environment, in the order of `names`. */
function shown(args: readonly string[], env: Readonly<Record<string, string>> = {}): readonly (string | null)[] {
  const { status, stdout, stderr } = node(args, env);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

const ways = [
  ['--import', 'show.mjs'],
  ['--import', 'show.cjs'],
  ['-r', 'show.mjs'],
  ['-r', 'show.cjs'],
] as const;

describe('keyward/auto', () => {
  test.each(ways)('node %s keyward/auto %s finds the values in its environment', (flag, program) => {
    expect(shown([flag, 'keyward/auto', program])).toEqual([value, 'k', null, null]);
  });

  test.each(ways)(
    'node %s keyward/auto %s keeps what is set, resolves references, and drops our credentials',
    (flag, program) => {
      const env = { BINANCE_API_KEY: 'mine', REFERENCE: 'keyward://app/jwt_secret', KEYWARD_PASSPHRASE: 'unused' };
      expect(shown([flag, 'keyward/auto', program], env)).toEqual([value, 'mine', null, value]);
    },
  );

  test.each([
    ['import.mjs', "import 'keyward/auto';"],
    ['require.cjs', "require('keyward/auto');"],
  ])('is also the first line of %s', (name, line) => {
    laptop.write(name, `${line}\n${show}`);
    expect(shown([name])).toEqual([value, 'k', null, null]);
  });

  test.each(ways)(
    'node %s keyward/auto %s ends before the program when a required value is missing',
    (flag, program) => {
      const config = readFileSync(join(laptop.project, 'keyward.yaml'), 'utf8');
      laptop.write('keyward.yaml', config.replace('secrets:\n', 'secrets:\n  app/missing: {}\n'));
      const { status, stdout, stderr } = node([flag, 'keyward/auto', program]);
      laptop.write('keyward.yaml', config);
      expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
      expect(stderr).toContain('app/missing');
      expect(stderr).not.toContain('    at ');
    },
  );

  test.each(['--import', '-r'])('node %s keyward/auto says what is wrong where there is no configuration', (flag) => {
    const elsewhere = join(laptop.home, 'elsewhere');
    mkdirSync(elsewhere, { recursive: true });
    const auto = join(laptop.project, reads, flag === '-r' ? 'auto.cjs' : 'auto.js');
    const { status, stdout, stderr } = node([flag, auto, '-e', show], {}, elsewhere);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('there is no keyward.yaml');
  });

  test.each(['--import', '-r'])('node %s keyward/auto loads once for its workers and its children', (flag) => {
    laptop.write(
      'family.cjs',
      `const { Worker, isMainThread } = require('node:worker_threads');
const { fork } = require('node:child_process');
if (!isMainThread || process.argv[2] === 'child') { ${show} }
else {
  process.env.JWT_SECRET = 'changed by the parent';
  delete process.env.BINANCE_API_KEY;
  new Worker(__filename).once('exit', () => fork(__filename, ['child']));
}`,
    );
    const { status, stdout, stderr } = node([flag, 'keyward/auto', 'family.cjs']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const line = JSON.stringify(['changed by the parent', null, null, null]);
    expect(stdout).toBe(`${line}\n${line}\n`);
  });

  test.each(['--import=keyward/auto', '--require=keyward/auto'])(
    'NODE_OPTIONS=%s does not start itself again',
    (option) => {
      expect(shown(['show.cjs'], { NODE_OPTIONS: option })).toEqual([value, 'k', null, null]);
    },
  );

  test('a child of another project loads its own values', () => {
    const { status, stderr } = node(['-r', 'keyward/auto', 'show.cjs'], {
      KEYWARD_AUTO_LOADED: 'production /other/keyward.yaml',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(shown(['-r', 'keyward/auto', 'show.cjs'], { KEYWARD_AUTO_LOADED: 'x' })).toEqual([value, 'k', null, null]);
  });

  test('long values come through the pipe whole', async () => {
    const long = 'ä'.repeat(60_000);
    await laptop.ok(['set', 'app/long'], { stdin: long });
    const config = readFileSync(join(laptop.project, 'keyward.yaml'), 'utf8');
    laptop.write(
      'keyward.yaml',
      config.replace('secrets:\n', 'secrets:\n  app/long: { env: [A_LONG, B_LONG, C_LONG] }\n'),
    );
    const { stdout } = node(['-r', 'keyward/auto', '-e', 'console.log(process.env.C_LONG.length)']);
    laptop.write('keyward.yaml', config);
    expect(stdout).toBe('60000\n');
  });
});
