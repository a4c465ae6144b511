import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Laptop } from './cli.js';

let laptop: Laptop;

beforeEach(async () => {
  laptop = await Laptop.initialised();
  laptop.write('.env', 'JWT_SECRET=a-value\nDB_PASSWORD="two\nlines"\n');
});
afterEach(() => laptop.remove());

const importAll = (...args: readonly string[]) => laptop.ok(['import', ...args, '--yes', '--quiet']);
const git = (...args: readonly string[]) => execFileSync('git', [...args], { cwd: laptop.project, stdio: 'pipe' });
const isThere = (name: string) => existsSync(join(laptop.project, name));

describe('--finish', () => {
  test('removes nothing that the store does not have', async () => {
    expect((await laptop.run(['import', '.env', '--finish'])).status).toBe(8);
    await importAll('.env');
    laptop.write('.env', `${laptop.read('.env')}NEW=x\n`);
    const { status, stderr } = await laptop.run(['import', '.env', '--finish']);
    expect(status).toBe(8);
    expect(stderr).toContain('app/new is absent');
    expect(isThere('.env')).toBe(true);
  });

  test('removes nothing through a symbolic link, and says when a hard link remains', async () => {
    await importAll('.env');
    symlinkSync('.env', join(laptop.project, 'link.env'));
    expect((await laptop.run(['import', 'link.env', '--finish'])).stderr).toContain('is a symbolic link');
    expect(isThere('.env')).toBe(true);
    linkSync(join(laptop.project, '.env'), join(laptop.project, 'other'));
    expect((await laptop.ok(['import', '.env', '--finish'])).stderr).toContain('a hard link');
    expect(isThere('.env')).toBe(false);
  });

  test('keeps what an edited plan leaves out', async () => {
    await importAll('.env');
    laptop.write('plan.txt', 'JWT_SECRET -> app/jwt_secret\n');
    const { stderr } = await laptop.run(['import', '.env', '--use-plan', 'plan.txt', '--finish']);
    expect(stderr).toContain('the plan leaves out DB_PASSWORD');
    expect(isThere('.env')).toBe(true);
  });

  test('keeps a file that holds more than Secrets', async () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: mailer }\nstringData: { password: x }\n';
    laptop.write('all.yaml', `${secret}---\napiVersion: v1\nkind: Service\n`);
    await importAll('all.yaml');
    expect((await laptop.run(['import', 'all.yaml', '--finish'])).stderr).toContain('it also holds Service');
    laptop.write('all.yaml', secret);
    expect((await laptop.ok(['import', 'all.yaml', '--finish', '--json'])).stdout).toContain('"values": 1');
    expect(isThere('all.yaml')).toBe(false);
  });

  test('removes the files of a folder and the folders that are then empty, and no mounted volume', async () => {
    laptop.write('mine/trading/key', 'k\n');
    laptop.write('mine/.hidden', 'h');
    await importAll('mine');
    await laptop.ok(['import', 'mine', '--finish']);
    expect([isThere('mine/trading'), isThere('mine/.hidden')]).toEqual([false, true]);
    laptop.write('volume/..2024/key', 'k');
    symlinkSync('..2024', join(laptop.project, 'volume/..data'));
    symlinkSync('..data/key', join(laptop.project, 'volume/key'));
    await importAll('volume');
    expect((await laptop.run(['import', 'volume', '--finish'])).stderr).toContain('it is a mounted volume');
  });
});

describe('the way out and in again', () => {
  const files = { 'trading/key': 'k', tls_key: '\u00ff\u0000' };

  test.each(['json', 'yaml'])('nested %s gives the same places', async (format) => {
    await importAll('.env');
    await laptop.ok(['set', 'exchange/okx/live', 'api_key=a', 'note=b\nc'], {});
    await laptop.ok([
      'export',
      '--path',
      'exchange',
      '--path',
      'app',
      '--layout',
      'nested',
      '--format',
      format,
      '--out',
      'out',
    ]);
    const before = (await laptop.ok(['export', '--path', 'exchange', '--path', 'app'])).stdout;
    await laptop.ok(['purge', 'exchange/okx/live', '--yes']);
    await importAll('out', '--format', format);
    expect((await laptop.ok(['export', '--path', 'exchange', '--path', 'app'])).stdout).toBe(before);
  });

  test('a folder gives the same bytes', async () => {
    for (const [name, text] of Object.entries(files)) laptop.write(`in/${name}`, Buffer.from(text, 'latin1'));
    await importAll('in', '--exact');
    await laptop.ok(['export', '--format', 'dir', '--layout', 'nested', '--out', 'secrets']);
    expect(readFileSync(join(laptop.project, 'secrets/trading/key'), 'latin1')).toBe('k');
    expect(readFileSync(join(laptop.project, 'secrets/app/tls_key'), 'latin1')).toBe('\u00ff\u0000');
    const { status, stderr } = await laptop.run(['export']);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('TLS_KEY is binary (2 bytes)') });
  });
});

describe('export', () => {
  beforeEach(() => importAll('.env'));

  test('shows values on a terminal only when somebody agrees', async () => {
    expect((await laptop.runAtTerminal(['export'], { typed: ['n'] })).stdout).not.toContain('a-value');
    expect((await laptop.runAtTerminal(['export'], { typed: ['y'] })).stdout).toContain('a-value');
    expect((await laptop.runAtTerminal(['export', '--reveal'])).stdout).toContain('a-value');
    expect((await laptop.runAtTerminal(['export', '--no-values'])).stdout).toBe('DB_PASSWORD\nJWT_SECRET\n');
    const job = { GITHUB_ENV: join(laptop.home, 'job') };
    const github = await laptop.runAtTerminal(['export', '--format', 'github'], { typed: ['n'], env: job });
    expect([github.status, github.stdout, existsSync(job.GITHUB_ENV)]).toEqual([1, '', false]);
  });

  test('refuses names that change how programs run where they would become an environment', async () => {
    laptop.write('bad.env', 'LD_PRELOAD=/evil.so\n');
    await laptop.run(['import', 'bad.env', '--yes']);
    expect((await laptop.run(['export', '--format', 'shell'])).stderr).toContain('refused to export LD_PRELOAD');
    expect((await laptop.ok(['export', '--format', 'shell', '--allow-name', 'LD_PRELOAD'])).stdout).toContain(
      '/evil.so',
    );
    expect((await laptop.ok(['export', '--format', 'json'])).stdout).toContain('/evil.so');
  });

  test.each([
    [['--layout', 'nested'], 'has names, not paths'],
    [['--layout', 'deep'], 'there is no such layout'],
    [['--format', 'dir'], 'Name it with --out'],
    [['--format', 'github'], 'GITHUB_ENV is not set'],
    [['--format', 'github', '--json', '--out', 'x'], 'Leave --json out'],
    [['--only', 'NOTHING'], 'nothing gives NOTHING'],
    [['--format', 'json', '--layout', 'nested', '--only', 'JWT_SECRET'], 'a nested layout does not have'],
  ])('with %j is refused', async (args, problem) => {
    const { status, stderr, stdout } = await laptop.run(['export', ...args]);
    expect({ status, stdout: args.includes('--json') ? '' : stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(problem);
  });
});

describe('a repository that somebody else made', () => {
  test('runs none of its programs, and none of its settings lets a file through', async () => {
    await importAll('.env');
    git('init', '--quiet');
    const trap = laptop.write('trap.sh', '#!/bin/sh\ntouch "$HOME/trapped" "$(dirname "$0")/trapped"\n', 0o755);
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'core.sshCommand',
      'gpg.program',
      'alias.check-ignore',
      'diff.external',
    ]) {
      git('config', key, trap);
    }
    laptop.write('bot.js', 'process.env.JWT_SECRET');
    rmSync(join(laptop.project, '.gitignore'));
    expect((await laptop.run(['export', '--out', 'out.env'])).status).toBe(2);
    expect((await laptop.ok(['import', '.env', '--yes'])).stderr).toContain('bot.js:1  process.env.JWT_SECRET');
    laptop.write('.git/HEAD', 'broken');
    expect((await laptop.run(['export', '--out', 'out.env'])).stderr).toContain('git does not say that it is ignored');
    expect([isThere('trapped'), isThere('out.env')]).toEqual([false, false]);
  });

  test('may have a history that holds the file, and names that are patterns', async () => {
    git('init', '--quiet');
    laptop.write(':(glob)*.env', 'A=1\n');
    git('add', '--force', '.env');
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--message', 'x');
    const { stdout } = await laptop.ok(['import', '.env', '--yes', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ left: [], followUp: { commits: 1, gitignore: [], copies: [] } });
    expect(JSON.parse((await laptop.ok(['import', ':(glob)*.env', '--yes', '--json'])).stdout)).toMatchObject({
      followUp: { commits: 0 },
    });
  });
});
