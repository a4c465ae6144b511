import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Laptop } from './cli.js';

let laptop: Laptop;
beforeEach(async () => {
  laptop = await Laptop.initialised();
});
afterEach(() => laptop.remove());

function listSecret(path: string): void {
  laptop.write('keyward.yaml', laptop.read('keyward.yaml').replace('secrets: {}', `secrets: { ${path}: {} }`));
}

const exitOf = (child: ReturnType<Laptop['start']>) =>
  new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );

describe('the command line as a process', () => {
  test('writes and reads exact bytes through its pipes', async () => {
    const bytes = Buffer.from([...Array(256).keys()]);
    expect(await laptop.spawn(['set', 'app/x', '--exact'], { stdin: bytes })).toMatchObject({ status: 0, stdout: '' });
    expect((await laptop.spawn(['get', 'app/x'])).bytes.equals(bytes)).toBe(true);
  });

  test('ends quietly when its reader has seen enough', async () => {
    for (let i = 0; i < 3; i += 1)
      await laptop.ok(['set', `app/x${i}`, '--exact'], { stdin: Buffer.alloc(400_000, 'x') });
    const child = laptop.start(['get', 'app/x0']);
    child.stdin?.end();
    const complaints = text(child.stderr ?? Readable.from([]));
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await exitOf(child)).toBe(0);
    expect(await complaints).toBe('');
  });

  test('ends when nobody listens to its complaints', async () => {
    const child = laptop.start(['get', 'app/missing']);
    child.stdin?.end();
    child.stderr?.destroy();
    child.stdout?.resume();
    expect(typeof (await exitOf(child))).toBe('number');
  });

  test('takes a closed standard input for no value, and waits for it only where a value is read', async () => {
    expect(await laptop.spawn(['set', 'app/x'], { stdin: '' })).toMatchObject({ status: 2, stdout: '' });
    expect(await laptop.spawn(['get', 'app/x'])).toMatchObject({ status: 3, stdout: '' });
    const child = laptop.start(['list']);
    child.stdout?.resume();
    expect(await exitOf(child)).toBe(0);
    child.stdin?.destroy();
  });

  test('starts nothing and says why when the store is not there', async () => {
    listSecret('app/missing');
    const { status, stderr } = await laptop.spawn(['run', '--', 'touch', 'ran']);
    expect(status).toBe(3);
    expect(stderr).toContain('app/missing');
    expect(existsSync(join(laptop.project, 'ran'))).toBe(false);
  });
});

describe('run', () => {
  const node = (script: string) => ['run', '--', process.execPath, '-e', script];

  test.each([
    [0, 'process.exitCode = 0'],
    [1, 'process.exitCode = 1'],
    [42, 'process.exitCode = 42'],
    [255, 'process.exitCode = 255'],
    [143, 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)'],
    [137, 'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)'],
  ])('ends with %i when its program does so', async (status, script) => {
    expect((await laptop.spawn(node(script))).status).toBe(status);
  });

  test('ends with 127 for a program that is not there, and with 126 for one that may not be executed', async () => {
    expect((await laptop.spawn(['run', '--', 'no-such-program'])).status).toBe(127);
    laptop.write('not-executable', '#!/bin/sh\n');
    expect((await laptop.spawn(['run', '--', './not-executable'])).status).toBe(126);
  });

  test('hands on its standard input, output and arguments untouched', async () => {
    const echo = 'process.stdin.pipe(process.stdout); console.error(JSON.stringify(process.argv.slice(1)))';
    const args = ['a b', '--json', '-q', '', '$HOME', '--'];
    const { stdout, stderr } = await laptop.spawn([...node(echo), '--', ...args], { stdin: 'through' });
    expect(stdout).toBe('through');
    expect(JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '')).toEqual(args);
  });

  test('hands on the signals that it gets', async () => {
    const child = laptop.start(
      node('process.on("SIGTERM", () => process.exit(7)); console.log("up"); setInterval(() => {}, 1000)'),
    );
    child.stdin?.end();
    child.stderr?.resume();
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect(await exitOf(child)).toBe(7);
  });

  test('has closed and signed the audit log before its program starts', async () => {
    await laptop.ok(['set', 'app/x'], { stdin: 'v' });
    listSecret('app/x');
    const log = join(laptop.auditFolder, '000001.log');
    const { stdout } = await laptop.spawn(
      node(`process.stdout.write(require('fs').readFileSync(${JSON.stringify(log)}))`),
    );
    expect(stdout).toBe(readFileSync(log, 'utf8'));
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('"sig"');
  });

  test('keeps what the environment has already, and says so, unless told otherwise', async () => {
    await laptop.ok(['set', 'app/jwt_secret'], { stdin: 'stored' });
    listSecret('app/jwt_secret');
    const print = node('console.log(process.env.JWT_SECRET)');
    const env = { JWT_SECRET: 'set before' };
    const kept = await laptop.spawn(print, { env });
    expect(kept).toMatchObject({
      stdout: 'set before\n',
      stderr: expect.stringContaining('kept from the environment: JWT_SECRET'),
    });
    const overwritten = await laptop.spawn(['run', '--override', ...print.slice(1)], { env });
    expect(overwritten.stdout).toBe('stored\n');
  });

  test.each(['PATH', 'LD_PRELOAD', 'NODE_OPTIONS', 'GIT_SSH_COMMAND', 'https_proxy', 'BASH_ENV'])(
    'refuses to set %s, before its program starts, unless that very name is allowed',
    async (name) => {
      await laptop.ok(['set', 'app/odd'], { stdin: process.env['PATH'] ?? '/bin' });
      laptop.write(
        'keyward.yaml',
        laptop.read('keyward.yaml').replace('secrets: {}', `secrets: { app/odd: { env: ${name} } }`),
      );
      const refused = await laptop.spawn(['run', '--', 'touch', 'ran'], {
        env: { [name]: undefined, PATH: '/usr/bin:/bin' },
      });
      expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining(`refused to set ${name}`) });
      expect(existsSync(join(laptop.project, 'ran'))).toBe(false);
    },
  );

  test('allows NODE_ENV, and a refused name that was allowed by name', async () => {
    await laptop.ok(['set', 'app/mode'], { stdin: 'test' });
    await laptop.ok(['set', 'app/pager'], { stdin: 'cat' });
    laptop.write(
      'keyward.yaml',
      laptop
        .read('keyward.yaml')
        .replace('secrets: {}', 'secrets: { app/mode: { env: NODE_ENV }, app/pager: { env: PAGER } }'),
    );
    const print = node('console.log(process.env.NODE_ENV, process.env.PAGER)').slice(1);
    expect((await laptop.spawn(['run', '--allow-name', 'PAGER', ...print])).stdout).toBe('test cat\n');
  });

  test('keeps the key of the store from its program', async () => {
    const env = { KEYWARD_KEY_FILE: laptop.keyFile, KEYWARD_PASSPHRASE: 'x', KEYWARD_ENV: 'development' };
    const { stdout } = await laptop.spawn(
      node('console.log(Object.keys(process.env).filter((k) => /KEYWARD/.test(k)).join())'),
      { env },
    );
    expect(stdout).toBe('KEYWARD_ENV\n');
  });

  test('needs a keyward.yaml, and says so when it lists nothing', async () => {
    const empty = await laptop.spawn(['run', '--', 'true']);
    expect(empty).toMatchObject({ status: 0, stderr: expect.stringContaining('lists no secrets') });
    const { status, stderr } = await laptop.spawn(['run', '--', 'touch', 'ran'], { cwd: laptop.home });
    expect(status).toBe(2);
    expect(stderr).toContain('keyward init');
  });
});

describe('two processes', () => {
  test('that initialise at once leave one store, which both can use', async () => {
    const fresh = new Laptop();
    try {
      const both = await Promise.all([fresh.spawn(['init']), fresh.spawn(['init'])]);
      expect(both.map(({ status }) => status).every((status) => status === 0 || status === 6)).toBe(true);
      expect(both.some(({ status }) => status === 0)).toBe(true);
      await fresh.ok(['set', 'app/x'], { stdin: 'v' });
      expect((await fresh.ok(['get', 'app/x'])).stdout).toBe('v');
      expect(fresh.files().filter((file) => file.endsWith('.key'))).toHaveLength(1);
      expect(fresh.files().filter((file) => file.endsWith('header.kw'))).toHaveLength(1);
    } finally {
      fresh.remove();
    }
  });

  test('that write at once both succeed, and every write is a version', async () => {
    const writers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => laptop.spawn(['set', 'app/x'], { stdin: `v${i}` })),
    );
    expect(writers.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0, 0]);
    const { versions } = JSON.parse((await laptop.ok(['history', 'app/x', '--json'])).stdout);
    expect(versions).toHaveLength(6);
    expect((await laptop.run(['audit', 'verify'])).status).toBe(0);
  });

  test('that expect the same version: exactly one of them writes', async () => {
    await laptop.ok(['set', 'app/x'], { stdin: 'first' });
    const both = await Promise.all(
      Array.from({ length: 2 }, () => laptop.spawn(['set', 'app/x', '--if-version', '1'], { stdin: 'second' })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([0, 6]);
  });
});
