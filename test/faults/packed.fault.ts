import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packKeyward } from '../pack-keyward.js';
import { type Ended, Home, repository } from './home.js';
import { assertProgram } from './needed-program.js';
import { readSystemCalls, type SystemCall } from './system-calls.js';

const variables: Readonly<Record<string, string>> = {
  BINANCE_API_KEY: 'an-api-key',
  BINANCE_SECRET_KEY: 'an-api-secret',
  JWT_SECRET: 'a-jwt-secret',
};

const bot = `
const names = Object.keys(process.env).filter((name) => /^(?:BINANCE|JWT)_/.test(name));
console.log(names.map((name) => name + ' ' + process.env[name].length).sort().join('\\n'));
`;
const readSecrets = `
async function main() {
  const secrets = await openSecrets();
  const binance = await secrets.credentials('binance');
  const token = await secrets.get('app/jwt_secret');
  console.log(String(token), token.expose(), binance.apiSecret.byteLength);
  await secrets.close();
}
main();
`;
const typedConsumer = `
import 'keyward/auto';
import { type Credentials, isKeywardError, openSecrets, plain, type Secret, secret } from 'keyward';
import { createMemoryProvider, FakeClock } from 'keyward/testing';

export async function lengthOf(ref: string): Promise<number | undefined> {
  const secrets = await openSecrets({ environment: 'test' });
  try {
    const value: Secret = await secrets.get(ref);
    const binance: Credentials = await secrets.credentials('binance');
    const config = await secrets.config({ jwt: secret('app/jwt_secret'), port: plain('app/port') });
    const port: string = config.port;
    const { set } = await secrets.loadIntoEnv({ names: [port], when: 'USE_KEYWARD_SECRETS' });
    if (set.length > 0) return config.jwt.byteLength;
    return value.byteLength + binance.apiKey.byteLength;
  } catch (error) {
    if (isKeywardError(error, 'not_found')) return undefined;
    throw error;
  } finally {
    await secrets.close();
  }
}

export const provider = createMemoryProvider();
export const clock = new FakeClock();
`;
const mistakenConsumer = `
import { openSecrets } from 'keyward';
const secrets = await openSecrets();
export const text: string = await secrets.get('app/jwt_secret');
`;

let home: Home;
let workshop: string;
let initialised: Ended;
let ran: Ended;
beforeAll(() => {
  assertProgram('strace', 'strace');
  workshop = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-packed-'));
  home = Home.empty();
  mkdirSync(join(home.root, 'tmp'));
  succeeds('npm', ['install', '--no-audit', '--no-fund', packKeyward(workshop)]);
  writeFileSync(join(home.project, 'bot.js'), bot);
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(home.project, '.env'), lines.join(''), { mode: 0o600 });
  initialised = succeeds('strace', [...tracing('init'), 'npx', 'keyward', 'init', '--from', '.env']);
  rmSync(join(home.project, '.env'));
  ran = succeeds('strace', [...tracing('run'), 'npx', 'keyward', 'run', '--', 'node', 'bot.js']);
}, 300_000);
afterAll(() => {
  home.remove();
  rmSync(workshop, { recursive: true, force: true });
});

/** As the user whose home was empty, and with what a machine needs to reach the registry. */
function start(program: string, args: readonly string[], cwd = home.project): Ended {
  const network = Object.entries(process.env).filter(([name]) =>
    /_proxy$|^npm_config_registry$|_CA_CERTS$/i.test(name),
  );
  const env = { ...Object.fromEntries(network), ...home.env, TMPDIR: join(home.root, 'tmp') };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8', timeout: 200_000 });
  return { status, stdout, stderr };
}

/** @throws Error with what it printed when the program fails. */
function succeeds(program: string, args: readonly string[], cwd?: string): Ended {
  const ended = start(program, args, cwd);
  if (ended.status === 0) return ended;
  throw new Error(`${program} ${args.join(' ')} ended with ${ended.status}: ${ended.stdout}${ended.stderr}`);
}

function printedBy(name: string, program: string): string {
  writeFileSync(join(home.project, name), program);
  return succeeds(process.execPath, [name]).stdout;
}

function typeCheck(program: string): Ended {
  writeFileSync(join(home.project, 'consumer.mts'), program);
  const options = ['--strict', '--skipLibCheck', 'false', '--module', 'nodenext', '--target', 'es2023', '--noEmit'];
  const types = ['--types', 'node', '--typeRoots', join(repository, 'node_modules/@types')];
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  return start(process.execPath, [compiler, ...options, ...types, 'consumer.mts']);
}

const recordOf = (name: string) => join(workshop, `${name}.calls`);

function tracing(name: string): readonly string[] {
  return ['-f', '-qq', '-e', 'trace=%file', '-e', 'signal=none', '-o', recordOf(name)];
}

const reads = /^f?access|chdir$|^exec|^getcwd$|getxattr$|stat(?:at|x|fs)?$|^readlink/;
const opensForWriting = /\bO_(?:WRONLY|RDWR|CREAT|TRUNC)\b/;

/** The files that the call made, wrote to, moved or removed. */
function filesChangedBy({ name, text, strings, result }: SystemCall): readonly string[] {
  if (result < 0 || reads.test(name)) return [];
  if (name.startsWith('open') && !opensForWriting.test(text)) return [];
  return strings.map((path) => resolve(home.project, path)).filter((path) => !/^\/(?:dev|proc)\//.test(path));
}

describe('the packed package, installed in an empty folder of a user with an empty home', () => {
  test('moves a .env file into a store with npx keyward init', () => {
    expect(initialised.stderr).toContain('3 values are in the store and were read back');
    expect(readFileSync(join(home.project, 'keyward.yaml'), 'utf8')).toContain('exchange/binance');
  });

  test('runs a program with its names with npx keyward run', () => {
    const expected = Object.entries(variables).map(([name, { length }]) => `${name} ${length}\n`);
    expect(ran.stdout).toBe(expected.join(''));
  });

  test('is used by an ES module', () => {
    const printed = printedBy('consumer.mjs', `import { openSecrets } from 'keyward';${readSecrets}`);
    expect(printed).toBe('***REDACTED*** a-jwt-secret 13\n');
  });

  test('is used through require', () => {
    const printed = printedBy('consumer.cjs', `const { openSecrets } = require('keyward');${readSecrets}`);
    expect(printed).toBe('***REDACTED*** a-jwt-secret 13\n');
  });

  test('prints its errors and classes by their names, although its code was shortened', () => {
    const program =
      "import { KeywardError, Secret } from 'keyward'; console.log(Secret.name, new KeywardError('invalid', 'x'));";
    expect(printedBy('names.mjs', program)).toMatch(/^Secret KeywardError: x\n/);
  });

  test.each([
    ['--import', 'bot.mjs'],
    ['-r', 'bot.cjs'],
  ])('gives a program its names with node %s keyward/auto', (flag, name) => {
    writeFileSync(join(home.project, name), bot);
    const { stdout } = succeeds(process.execPath, [flag, 'keyward/auto', name]);
    expect(stdout).toBe(ran.stdout);
  });

  test('type-checks in a strict program that checks the declarations too', () => {
    expect(typeCheck(typedConsumer)).toMatchObject({ status: 0, stdout: '' });
    expect(typeCheck(mistakenConsumer).stdout).toContain("Type 'Secret' is not assignable to type 'string'");
  });

  test('is smaller than two megabytes without the command line, and than three with it', () => {
    const installed = join(home.project, 'node_modules/keyward');
    const files = readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    const bytesOf = (paths: readonly string[]) => paths.reduce((sum, path) => sum + statSync(path).size, 0);
    const library = files.filter((path) => !path.startsWith(join(installed, 'dist/cli/')));
    expect(library.length).toBeLessThan(files.length);
    expect(bytesOf(library)).toBeLessThan(2_000_000);
    expect(bytesOf(files)).toBeLessThan(3_000_000);
  });

  test('says whose code the command line holds, under which licence', () => {
    const notices = readFileSync(join(home.project, 'node_modules/keyward/dist/THIRD-PARTY-NOTICES.md'), 'utf8');
    expect(notices).toMatch(/^lmdb \d/m);
    expect(notices).toMatch(/^@clack\/prompts \d/m);
    expect(notices).toContain('Permission is hereby granted, free of charge');
  });

  test('has every page of the documentation that it names', () => {
    const installed = join(home.project, 'node_modules/keyward');
    const sources = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.js'))
      .map((path) => readFileSync(join(installed, 'dist', path), 'utf8'));
    const named = sources.flatMap((text) => text.match(/(?:guide|providers|reference)\/[a-z-]+\.md/g) ?? []);
    expect(new Set(named).size).toBeGreaterThan(8);
    expect([...new Set(named)].filter((page) => !existsSync(join(installed, 'docs', page)))).toEqual([]);
  });

  test('has the script that verifies the audit log without the package', () => {
    const [state = ''] = home.stateFolders;
    const script = join(home.project, 'node_modules/keyward/tools/verify-audit.mjs');
    expect(succeeds(process.execPath, [script, join(state, 'audit')]).stdout).toMatch(/^ok/);
  });

  test.each(['init', 'run'])('%s writes in the home and the project only, and nothing into the package', (name) => {
    const changed = readSystemCalls(recordOf(name)).flatMap(filesChangedBy);
    expect(changed.filter((path) => path.startsWith(join(home.root, '.local/')))).not.toEqual([]);
    expect(changed.filter((path) => !path.startsWith(`${home.root}/`))).toEqual([]);
    expect(changed.filter((path) => path.startsWith(join(home.project, 'node_modules/')))).toEqual([]);
  });
});
