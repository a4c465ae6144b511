import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Laptop, type RunOptions } from './cli.js';

let laptop: Laptop;
beforeEach(async () => {
  laptop = await Laptop.initialised();
  await laptop.ok(['set', 'app/jwt_secret'], { stdin: 'CANARY-jwt' });
  await laptop.ok(['set', 'exchange/binance', 'api_key=-'], { stdin: 'CANARY-key' });
  await laptop.ok(['set', 'exchange/binance', 'api_secret=-'], { stdin: 'CANARY-secret' });
});
afterEach(() => laptop.remove());

function configure(secrets: string, providers = '  - keyward: { prefix: "bot/{env}" }\n  - dotenv: {}\n  - env: {}\n') {
  const start = 'project: bot\nenvironment: development\nproviders:\n';
  laptop.write('keyward.yaml', `${start}${providers}write: keyward\nsecrets: ${secrets}\n`);
}

/** What a program gets beside what every process on this laptop has. */
async function given(args: readonly string[], options: RunOptions = {}): Promise<Record<string, string>> {
  const { status, stdout, stderr } = await laptop.spawn(['run', ...args, '--', 'env', '-0'], options);
  if (status !== 0) throw new Error(stderr);
  const usual = new Set(Object.keys(laptop.environment()));
  const pairs = stdout.split('\0').flatMap((entry) => {
    const at = entry.indexOf('=');
    return at < 0 || usual.has(entry.slice(0, at)) ? [] : [[entry.slice(0, at), entry.slice(at + 1)] as const];
  });
  return Object.fromEntries(pairs);
}

const binance = { BINANCE_API_KEY: 'CANARY-key', BINANCE_API_SECRET: 'CANARY-secret' };

describe('run --path', () => {
  test('gives what lies at or below the paths, instead of what the inventory lists', async () => {
    configure('{ app/jwt_secret: {} }');
    expect(await given([])).toEqual({ JWT_SECRET: 'CANARY-jwt' });
    expect(await given(['--path', 'exchange'])).toEqual(binance);
    expect(await given(['--path', 'exchange/binance', '--path', 'app'])).toEqual({
      ...binance,
      JWT_SECRET: 'CANARY-jwt',
    });
  });

  test('needs no keyward.yaml', async () => {
    const elsewhere = join(laptop.home, 'elsewhere');
    mkdirSync(elsewhere);
    const inStore = 'bot/development/app/jwt_secret';
    expect(await given(['--path', inStore], { cwd: elsewhere })).toEqual({
      BOT_DEVELOPMENT_APP_JWT_SECRET: 'CANARY-jwt',
    });
  });

  test('leaves out what was deleted, and fails where nothing lies', async () => {
    await laptop.ok(['set', 'app/other'], { stdin: 'CANARY-other' });
    await laptop.ok(['delete', 'app/other']);
    expect(await given(['--path', 'app'])).toEqual({ JWT_SECRET: 'CANARY-jwt' });
    const { status, stderr } = await laptop.run(['run', '--path', 'nowhere', '--', 'touch', 'ran']);
    expect(status).toBe(3);
    expect(stderr).toContain('nowhere');
    expect(existsSync(join(laptop.project, 'ran'))).toBe(false);
  });
});

describe('run --only', () => {
  test('gives these names, and asks for nothing else', async () => {
    configure('{ app/jwt_secret: {}, app/absent: { env: ABSENT }, app/missing: {} }');
    expect(await given(['--only', 'JWT_SECRET'])).toEqual({ JWT_SECRET: 'CANARY-jwt' });
  });

  test('fails before the program starts for a name that nothing gives', async () => {
    configure('{ app/jwt_secret: {} }');
    const { status, stderr } = await laptop.run(['run', '--only', 'JWT', '--', 'touch', 'ran']);
    expect(status).toBe(2);
    expect(stderr).toContain('nothing gives JWT');
    expect(existsSync(join(laptop.project, 'ran'))).toBe(false);
  });
});

describe('a reference in a variable', () => {
  test('of the environment or of a .env file gets the value that it names', async () => {
    configure('{}');
    laptop.write('.env', 'KEY=keyward://exchange/binance#api_key\nPLAIN=only for the chain\n', 0o600);
    const env = { TOKEN: 'keyward://app/jwt_secret@1' };
    expect(await given([], { env })).toEqual({ KEY: 'CANARY-key', TOKEN: 'CANARY-jwt' });
  });

  test('of a .env file gives way to what the environment has, unless that is to be replaced', async () => {
    configure('{}');
    laptop.write('.env', 'KEY=keyward://exchange/binance#api_key\n', 0o600);
    const env = { KEY: 'mine' };
    expect(await given([], { env })).toEqual({ KEY: 'mine' });
    expect(await given(['--override'], { env })).toEqual({ KEY: 'CANARY-key' });
  });

  test('decides for its name, before the inventory', async () => {
    configure('{ app/jwt_secret: {} }');
    const env = { JWT_SECRET: 'keyward://exchange/binance#api_secret' };
    expect(await given([], { env })).toEqual({ JWT_SECRET: 'CANARY-secret' });
  });

  test('that cannot be resolved is named with all others and their places, before anything starts', async () => {
    configure('{}');
    laptop.write('.env', 'ONE=keyward://app/one\n\nTWO=keyward://bad//CANARY\n', 0o600);
    const env = { THREE: 'keyward://app/three' };
    const { status, stderr } = await laptop.spawn(['run', '--', 'touch', 'ran'], { env });
    expect(status).toBe(2);
    expect(stderr).toMatch(/ONE \(.*\.env:1\).*THREE \(the environment\).*TWO \(.*\.env:3\)/);
    expect(stderr).not.toContain('CANARY');
    expect(existsSync(join(laptop.project, 'ran'))).toBe(false);
  });

  test('under a name that no shell could read is refused, so that no file is written elsewhere', async () => {
    const env = { '../../outside': 'keyward://app/jwt_secret' };
    const options = ['--files-dir', laptop.home];
    expect(await laptop.spawn(['run', ...options, '--', 'true'], { env })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('not an environment name'),
    });
  });

  test('cannot set what changes how programs run', async () => {
    configure('{}');
    laptop.write('.env', 'LD_PRELOAD=keyward://app/jwt_secret\n', 0o600);
    expect(await laptop.spawn(['run', '--', 'touch', 'ran'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('refused to set LD_PRELOAD'),
    });
  });
});

describe('run --pristine', () => {
  test('gives the secrets and what every program needs, and of the rest what is kept', async () => {
    configure('{ app/jwt_secret: {} }');
    const env = { MINE: 'x', OTHER: 'y', REFERENCE: 'keyward://app/jwt_secret', TERM: 'dumb' };
    expect(await given(['--pristine', '--keep', 'MINE'], { env })).toEqual({
      JWT_SECRET: 'CANARY-jwt',
      MINE: 'x',
      TERM: 'dumb',
    });
  });
});

describe('run --files', () => {
  const inDisk = () => ['--files-dir', join(laptop.home, 'files')];
  const left = () => readdirSync(join(laptop.home, 'files'));
  beforeEach(() => {
    mkdirSync(join(laptop.home, 'files'), { mode: 0o700 });
    configure('{ app/jwt_secret: {} }');
  });

  test('gives each value as a file that is there as long as the program, and the path of it', async () => {
    const look =
      'stat -c %a "$(dirname "$JWT_SECRET_FILE")" "$JWT_SECRET_FILE"; cat "$JWT_SECRET_FILE"; env | grep -c CANARY';
    const { stdout } = await laptop.spawn(['run', ...inDisk(), '--', 'sh', '-c', look]);
    expect(stdout).toBe('700\n600\nCANARY-jwt0\n');
    expect(left()).toEqual([]);
  });

  test('gives binary values, exactly', async () => {
    const bytes = Buffer.from([...Array(256).keys()]);
    await laptop.ok(['set', 'app/jwt_secret', '--exact'], { stdin: bytes });
    const ran = await laptop.spawn(['run', ...inDisk(), '--', 'sh', '-c', 'cat "$JWT_SECRET_FILE"']);
    expect(ran.bytes.equals(bytes)).toBe(true);
    expect(await laptop.spawn(['run', '--', 'true'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('JWT_SECRET is binary'),
    });
  });

  test('gives what is too large for a variable', async () => {
    await laptop.ok(['set', 'app/jwt_secret'], { stdin: 'x'.repeat(300_000) });
    const count = ['sh', '-c', 'wc -c <"$JWT_SECRET_FILE"'];
    expect((await laptop.spawn(['run', ...inDisk(), '--', ...count])).stdout.trim()).toBe('300000');
    expect(await laptop.spawn(['run', '--redact', '--', 'true'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--files'),
    });
  });

  test('keeps a NAME_FILE that the environment has, as it keeps a NAME', async () => {
    const env = { JWT_SECRET_FILE: '/mine' };
    for (const options of [inDisk(), []]) expect(await given(options, { env })).toEqual(env);
    expect(await given(['--override'], { env })).toEqual({ JWT_SECRET: 'CANARY-jwt' });
    expect(left()).toEqual([]);
  });

  test.each([
    [127, ['no-such-program']],
    [126, ['/']],
    [9, ['sh', '-c', 'exit 9']],
    [143, ['sh', '-c', 'kill -TERM $$']],
  ])('leaves no file when the program ends with %i', async (status, program) => {
    expect((await laptop.spawn(['run', ...inDisk(), '--', ...program])).status).toBe(status);
    expect(left()).toEqual([]);
  });
});

describe('run --redact', () => {
  beforeEach(() => configure('{ exchange/binance: { fields: [api_key, api_secret] } }'));
  const redacted = (script: string, options: RunOptions = {}) =>
    laptop.spawn(['run', '--redact', '--', 'sh', '-c', script], options);

  test('masks the values on both outputs, in other spellings too, and alters nothing else', async () => {
    const ran = await redacted(
      'echo "key=$BINANCE_API_KEY."; printf "%s" "$BINANCE_API_SECRET" | base64 >/dev/stderr; echo end',
    );
    expect(ran).toMatchObject({ status: 0, stdout: 'key=***REDACTED***.\nend\n' });
    expect(ran.stderr).toMatch(/^\*\*\*REDACTED\*\*\*.{0,4}\n$/);
  });

  test('names the values that are too short to be masked', async () => {
    await laptop.ok(['set', 'exchange/binance', 'api_key=-'], { stdin: 'abc' });
    const { stdout, stderr } = await redacted('echo abc');
    expect(stdout).toBe('abc\n');
    expect(stderr).toContain('BINANCE_API_KEY');
    expect(stderr).not.toContain('BINANCE_API_SECRET');
    expect(stderr).not.toContain('abc');
  });

  test.each([
    [0, 'true'],
    [42, 'exit 42'],
    [143, 'kill -TERM $$'],
    [127, 'exec no-such-program'],
  ])('ends with %i as the program does', async (status, script) => {
    expect((await redacted(script)).status).toBe(status);
  });

  test('passes standard input, and waits for all that is printed', async () => {
    const text = 'line of text\n'.repeat(200_000);
    expect((await redacted('cat', { stdin: text })).stdout).toBe(text);
    expect((await redacted('(sleep 0.2; echo late) & echo early')).stdout).toBe('early\nlate\n');
  });

  test('lets the program learn that its reader has gone, as from a pipe', async () => {
    const child = laptop.start(['run', '--redact', '--', 'yes']);
    child.stdin?.end();
    child.stdout?.once('data', () => child.stdout?.destroy());
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(status).toBe(141);
  });
});

describe('options of run', () => {
  test.each([
    [['--keep', 'A'], '--pristine'],
    [['--on-change', 'SIGHUP'], '--watch'],
    [['--kill-after', '1s'], '--watch'],
    [['--watch', '--on-change', 'hup'], 'a signal such as SIGHUP'],
    [['--watch', '--kill-after', 'soon'], 'duration'],
    [['--path', '/app'], 'not a valid path'],
  ])('%j are refused before anything starts', async (options, reason) => {
    const { status, stderr } = await laptop.run(['run', ...options, '--', 'touch', 'ran']);
    expect(status).toBe(2);
    expect(stderr).toContain(reason);
    expect(existsSync(join(laptop.project, 'ran'))).toBe(false);
  });
});

describe('an environment in which Node prints what it gives to programs', () => {
  test.each(['child_process', 'fs,CHILD_PROCESS', 'child*', '*'])('is refused: NODE_DEBUG=%s', async (value) => {
    const { status, stdout, stderr } = await laptop.spawn(['run', '--path', 'app', '--', 'true'], {
      env: { NODE_DEBUG: value },
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('NODE_DEBUG');
    expect(stderr).not.toContain('CANARY');
  });
});

describe('run --watch', () => {
  test('restarts the program when a value changes, and ends with its status', async () => {
    configure('{ app/jwt_secret: {} }');
    laptop.write('keyward.yaml', `${laptop.read('keyward.yaml')}cache: { ttl: 0s }\n`);
    const script = `
      console.log('got ' + process.env.JWT_SECRET);
      process.on('SIGTERM', () => process.exit(0));
      if (process.env.JWT_SECRET === 'CANARY-new') process.exit(7);
      setInterval(() => {}, 1000);`;
    const child = laptop.start(['run', '--watch', '--', process.execPath, '-e', script]);
    child.stdin?.end();
    let printed = '';
    child.stderr?.resume();
    child.stdout?.on('data', (chunk) => {
      const isFirst = printed === '';
      printed += chunk;
      if (isFirst) void laptop.ok(['set', 'app/jwt_secret'], { stdin: 'CANARY-new' });
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(status).toBe(7);
    expect(printed).toBe('got CANARY-jwt\ngot CANARY-new\n');
  });
});
