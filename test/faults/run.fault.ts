import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Home } from './home.js';
import { allCommandLines, environmentOf, openFilesOf } from './processes.js';
import { type Run, startRun } from './run.js';

/** Enough for any machine; how long it really takes is a bench. */
const arrivesWithinMs = 5000;
const token = `canary-${randomBytes(12).toString('hex')}`;

let home: Home;
beforeAll(() => {
  home = Home.withStore();
  home.writeConfig(
    'project: project\nenvironment: development\nproviders: [{ keyward: { prefix: "project/{env}" } }]\nsecrets: { app/token: { env: APP_TOKEN } }\n',
  );
  home.keywardSucceeds(['set', 'app/token'], token);
});
afterAll(() => home.remove());

async function statusOf(...args: readonly string[]): Promise<number | NodeJS.Signals> {
  return startRun(home, args).ended;
}

const modes = ['', '--redact', '--files', '--watch', '--redact --files --watch'];

/** A program that tells the signals that it gets, and ends with their number when it is told to. */
const listener = `
  let count = 0;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'])
    process.on(signal, () => { count += 1; console.log('got ' + signal); });
  process.stdin.on('data', () => process.exit(count));
  console.log('ready');
`;

async function startListener(): Promise<Run> {
  const run = startRun(home, [process.execPath, '-e', listener]);
  await run.prints('ready');
  return run;
}

describe('the exit status of keyward run', () => {
  test.each([
    ['that of the program', ['sh', '-c', 'exit 7'], 7],
    ['0 when the program succeeds', ['true'], 0],
    ['143 when SIGTERM ended the program', ['sh', '-c', 'kill -TERM $$'], 143],
    ['137 when SIGKILL ended the program', ['sh', '-c', 'kill -KILL $$'], 137],
    ['127 when there is no such program', ['/nowhere/no-such-program'], 127],
    ['127 when there is no such program in the path', ['no-such-program-at-all'], 127],
  ])('is %s', async (_, args, status) => {
    expect(await statusOf(...args)).toBe(status);
  });

  test('is 126 when the program is a file that may not be executed, or a folder', async () => {
    const file = join(home.project, 'no-program');
    writeFileSync(file, 'not a program', { mode: 0o600 });
    mkdirSync(join(home.project, 'folder'));
    expect(await statusOf(file)).toBe(126);
    expect(await statusOf(join(home.project, 'folder'))).toBe(126);
  });
});

describe.each(modes)('the exit status of keyward run %s', (options) => {
  const mode = options.split(' ').filter((option) => option !== '');

  test.each([
    [7, ['sh', '-c', 'exit 7']],
    [143, ['sh', '-c', 'kill -TERM $$']],
    [127, ['no-such-program-at-all']],
    [126, ['/']],
  ])('is %i where that of the program is', async (status, args) => {
    expect(await startRun(home, args, {}, mode).ended).toBe(status);
  });

  test('is that of a program which SIGTERM reaches at once', async () => {
    const run = startRun(home, ['sh', '-c', 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'], {}, mode);
    await run.prints('ready');
    process.kill(run.pid, 'SIGTERM');
    expect(await run.ended).toBe(5);
  });
});

describe('files that keyward run gives', () => {
  const folders = () => readdirSync('/dev/shm').filter((name) => name.startsWith('keyward.'));
  const program = ['sh', '-c', 'echo "file $APP_TOKEN_FILE"; read line; cat "$APP_TOKEN_FILE"'];

  async function started() {
    const run = startRun(home, program, {}, ['--files']);
    await run.prints('file ');
    await run.prints('\n');
    return { run, folder: dirname(/file (.*)\n/.exec(run.output)?.[1] ?? '') };
  }

  test('lie in memory, for us alone, and are gone at the end', async () => {
    const { run, folder } = await started();
    expect(execFileSync('stat', ['-f', '-c', '%T', folder], { encoding: 'utf8' })).toBe('tmpfs\n');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'APP_TOKEN')).mode & 0o777).toBe(0o600);
    expect(environmentOf(run.pid)).not.toContain(token);
    run.write('go\n');
    expect(await run.ended).toBe(0);
    expect(run.output).toContain(token);
    expect(existsSync(folder)).toBe(false);
  });

  test('stay when keyward is killed, and are removed by the next one, which leaves those of the living', async () => {
    const [dead, living] = [await started(), await started()];
    process.kill(dead.run.pid, 'SIGKILL');
    await dead.run.ended.catch(() => undefined);
    expect(existsSync(dead.folder)).toBe(true);
    expect(await startRun(home, ['true'], {}, ['--files']).ended).toBe(0);
    expect(existsSync(dead.folder)).toBe(false);
    expect(existsSync(living.folder)).toBe(true);
    living.run.write('go\n');
    expect(await living.run.ended).toBe(0);
    expect(folders()).not.toContain(basename(living.folder));
  });
});

describe('a program that keyward runs with --watch', () => {
  test('has no open file of the store', async () => {
    const run = startRun(home, ['sh', '-c', 'echo "program $$"; read line'], {}, ['--watch']);
    await run.prints('program');
    const files = openFilesOf(Number(/program (\d+)/.exec(run.output)?.[1]));
    expect(files.length).toBeGreaterThan(2);
    expect(files.filter((file) => file.startsWith(home.root))).toEqual([]);
    run.end('');
    await run.ended;
  });
});

describe('a signal to keyward run', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)(
    '%s reaches the program at once, and once',
    async (signal) => {
      const run = await startListener();
      const sent = performance.now();
      process.kill(run.pid, signal);
      await run.prints(`got ${signal}`);
      expect(performance.now() - sent).toBeLessThan(arrivesWithinMs);
      const marker = signal === 'SIGUSR2' ? 'SIGUSR1' : 'SIGUSR2';
      process.kill(run.pid, marker);
      await run.prints(`got ${marker}`);
      run.write('end');
      expect(await run.ended, 'how many signals the program got').toBe(2);
    },
  );

  test('sent to its whole group reaches the program once', async () => {
    const run = await startListener();
    process.kill(-run.pid, 'SIGTERM');
    await run.prints('got SIGTERM');
    process.kill(run.pid, 'SIGUSR2');
    await run.prints('got SIGUSR2');
    run.write('end');
    expect(await run.ended).toBe(2);
  });

  test('that the program does not handle ends both with 128 and its number', async () => {
    const run = startRun(home, ['sh', '-c', 'echo ready; exec sleep 600']);
    await run.prints('ready');
    process.kill(run.pid, 'SIGTERM');
    expect(await run.ended).toBe(143);
  });
});

describe('the streams of a program that keyward runs', () => {
  const bytes = randomBytes(8 * 1024 * 1024);
  const digest = createHash('sha256').update(bytes).digest('hex');

  test('standard input passes through, to its end', async () => {
    const run = startRun(home, ['sha256sum']);
    run.end(bytes);
    expect(await run.ended).toBe(0);
    expect(run.output).toContain(digest);
  });

  test('large outputs pass through whole, on both streams', async () => {
    const file = join(home.project, 'large');
    writeFileSync(file, bytes);
    const run = startRun(home, ['sh', '-c', `cat '${file}'; cat '${file}' >&2; exit 3`]);
    expect(await run.ended).toBe(3);
    expect(createHash('sha256').update(run.outputBytes).digest('hex')).toBe(digest);
    expect(createHash('sha256').update(run.errorBytes).digest('hex')).toBe(digest);
  });
});

describe('what a program gets that keyward runs', () => {
  const own = {
    KEYWARD_PASSPHRASE: 'own-passphrase',
    KEYWARD_TOKEN: 'own-token',
    KEYWARD_RECOVERY_KEY: 'own-recovery',
    KEYWARD_SECRET_ID: 'own-id',
  };

  test('is the environment with its secrets, without the credentials of Keyward itself', async () => {
    const run = startRun(home, ['env', '-0'], { ...own, KEYWARD_KEY_FILE: keyFile(), KEPT: 'kept' });
    expect(await run.ended, run.errors).toBe(0);
    const expected = { ...home.env, KEPT: 'kept', APP_TOKEN: token };
    expect(Object.fromEntries(entriesOf(run.output))).toEqual(expected);
  });

  test('holds no open file of the store, and neither does keyward while the program runs', async () => {
    const run = startRun(home, ['sh', '-c', 'echo "program $$"; read line']);
    await run.prints('program');
    const pid = Number(/program (\d+)/.exec(run.output)?.[1]);
    for (const files of [openFilesOf(pid), openFilesOf(run.pid)]) {
      expect(files.length).toBeGreaterThan(2);
      expect(files.filter((file) => /keyward|\.mdb/.test(file) && file.startsWith(home.root))).toEqual([]);
    }
    home.keywardSucceeds(['set', 'app/other'], 'another process writes meanwhile');
    run.end('');
    expect(await run.ended).toBe(1);
  });

  test('leaves no secret in the arguments of any process, or in the environment of any other', async () => {
    const run = startRun(home, ['sh', '-c', 'echo "program $$"; read line']);
    const seen: string[] = [];
    while (!run.output.includes('program')) {
      seen.push(...allCommandLines());
      await run.turn();
    }
    seen.push(...allCommandLines());
    expect(
      seen.some((line) => line.includes('read line')),
      'the program was looked at',
    ).toBe(true);
    expect(seen.filter((line) => line.includes(token))).toEqual([]);
    const pid = Number(/program (\d+)/.exec(run.output)?.[1]);
    expect(environmentOf(pid)).toContain(token);
    expect(environmentOf(run.pid)).not.toContain(token);
    run.end('');
    await run.ended;
  });
});

function keyFile(): string {
  return join(home.keyFolder, readdirSync(home.keyFolder)[0] ?? '');
}

function entriesOf(environment: string): readonly (readonly [string, string])[] {
  return environment
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]);
}
