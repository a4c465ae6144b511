import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Laptop, type Ran } from './cli.js';

let laptop: Laptop;
beforeEach(() => {
  laptop = new Laptop();
});
afterEach(() => laptop.remove());

function expectRefusal(ran: Ran, status: number, ...texts: readonly string[]): void {
  expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status, stdout: '' });
  for (const text of texts) expect(ran.stderr).toContain(text);
  expect(ran.stderr).toMatch(/^keyward: .+ \([a-z_]+\)\n {2}→ .+\.?\n$/ms);
}

describe('a configuration', () => {
  test.each([
    ['with a misspelt key', 'proyect: x', ['keyward.yaml:1:1', 'did you mean "project"?']],
    ['with a key that nobody knows', 'zzz: 1', ['unknown key "zzz"', 'known keys here: project']],
    ['that is not YAML', 'a: [1', ['keyward.yaml:1']],
    ['with a duplicate key', 'project: a\nproject: b', ['keyward.yaml:2:1', 'a second time']],
    ['with a text in place of a mapping', 'just text', ['keyward.yaml']],
    ['with an alias bomb', `a: &a [x]\n${'b: [*a, *a, *a]\n'}`, ['not allowed']],
    ['with a tag that makes things', 'project: !!js/function "x"', ['not allowed']],
    ['nested a thousand deep', `a: ${'['.repeat(1000)}${']'.repeat(1000)}`, ['keyward.yaml']],
    ['with a prototype key', '__proto__: { project: x }', ['__proto__']],
    ['with two documents', 'project: a\n---\nproject: b', ['second document']],
    ['with a kind of provider that does not exist', 'providers: [{vualt: {}}]', ['did you mean "vault"?']],
    ['that writes to a provider that is not there', 'write: vault\nproviders: [{env: {}}]', ['the chain has env']],
    ['with one path twice, once misspelt', 'secrets: { app/x: {}, app//x: {} }', ['empty segment']],
  ])('%s is refused with its place and the fix', async (_name, text, hints) => {
    laptop.write('keyward.yaml', text);
    expectRefusal(await laptop.run(['list']), 2, '(config)', ...hints);
  });

  test('that is a folder is refused', async () => {
    mkdirSync(join(laptop.project, 'keyward.yaml'));
    expectRefusal(await laptop.run(['list']), 2, 'not a regular file');
  });

  test('that is larger than a megabyte is refused', async () => {
    laptop.write('keyward.yaml', `# ${'x'.repeat(1024 * 1024)}`);
    expectRefusal(await laptop.run(['list']), 2, 'larger than');
  });

  test('that is not UTF-8 is refused', async () => {
    laptop.write('keyward.yaml', Buffer.from([0x70, 0xff, 0xfe]));
    expectRefusal(await laptop.run(['list']), 2, 'not UTF-8');
  });

  test('that others may write to is not used', async () => {
    chmodSync(laptop.write('keyward.yaml', 'project: x'), 0o666);
    expectRefusal(await laptop.run(['list']), 2, 'every user may write to it');
  });

  test('that was named and is not there is refused', async () => {
    expectRefusal(await laptop.run(['list', '--config', 'nowhere.yaml']), 2, 'there is no file');
    expectRefusal(
      await laptop.run(['list'], { env: { KEYWARD_CONFIG: '/nowhere/keyward.yaml' } }),
      2,
      'there is no file',
    );
  });

  test('with an environment that cannot be a part of a path is refused, and not turned into another', async () => {
    await laptop.ok(['init']);
    expectRefusal(await laptop.run(['get', 'app/x', '--env', '../production']), 2, 'not the name of an environment');
  });
});

describe('a key', () => {
  const passphrase = 'correct horse battery';
  const complaint = (ran: Ran, at: Laptop) =>
    ran.stderr.slice(ran.stderr.indexOf('keyward:')).replaceAll(at.home, '~').replaceAll(at.storeId, 'id');

  test('that is wrong gives one and the same error, whether a passphrase or a key file', async () => {
    const created = await laptop.runAtTerminal(['init', '--slot', 'passphrase'], { typed: [passphrase, passphrase] });
    expect(created.status).toBe(0);
    const byPassphrase = await laptop.runAtTerminal(['list'], { typed: ['wrong', ''], env: { NO_COLOR: '1' } });
    const other = await Laptop.initialised();
    const third = await Laptop.initialised();
    writeFileSync(other.keyFile, readFileSync(third.keyFile));
    const byKeyFile = await other.run(['list']);
    expect([byPassphrase.status, byKeyFile.status]).toEqual([7, 7]);
    expect(complaint(byPassphrase, laptop)).toBe(complaint(byKeyFile, other));
    other.remove();
    third.remove();
  });

  test('that is right opens, also when its accents were typed in pieces', async () => {
    const composed = 'pass\u00e9 compos\u00e9';
    const decomposed = composed.normalize('NFD');
    await laptop.runAtTerminal(['init', '--slot', 'passphrase'], { typed: [decomposed, decomposed] });
    for (const typed of [[composed], [decomposed]]) {
      expect((await laptop.runAtTerminal(['list'], { typed })).status).toBe(0);
    }
  });

  test('that was mistyped once when it was chosen makes no store', async () => {
    const ran = await laptop.runAtTerminal(['init', '--slot', 'passphrase'], { typed: [passphrase, `${passphrase}!`] });
    expect(ran.status).toBe(2);
    expect(ran.stderr).toContain('the two differ');
    expect(existsSync(laptop.dataFolder)).toBe(false);
  });

  test('that was given up with Control-C makes no store', async () => {
    expect((await laptop.runAtTerminal(['init', '--slot', 'passphrase'])).status).toBe(2);
    expect(existsSync(laptop.dataFolder)).toBe(false);
  });

  test('cannot be chosen or typed without a terminal', async () => {
    expectRefusal(await laptop.run(['init', '--slot', 'passphrase']), 2, 'there is no terminal');
    expect(existsSync(laptop.dataFolder)).toBe(false);
  });

  test('from recovery opens a store whose passphrase is forgotten', async () => {
    const { stderr } = await laptop.runAtTerminal(['init', '--slot', 'passphrase'], {
      typed: [passphrase, passphrase],
    });
    const code = /^ {4}([A-Z0-9-]{40,})$/im.exec(stderr)?.[1] ?? '';
    expect(code).not.toBe('');
    expect((await laptop.runAtTerminal(['list'], { typed: ['forgotten', code] })).status).toBe(0);
  });

  test('file that others can read is refused, with the command that repairs it', async () => {
    await laptop.ok(['init']);
    chmodSync(laptop.keyFile, 0o644);
    expectRefusal(await laptop.run(['list']), 2, 'wider than 0600', `chmod 600 ${laptop.keyFile}`);
  });

  test('file that is a link is refused', async () => {
    await laptop.ok(['init']);
    const elsewhere = join(laptop.home, 'elsewhere');
    writeFileSync(elsewhere, readFileSync(laptop.keyFile), { mode: 0o600 });
    rmSync(laptop.keyFile);
    symlinkSync(elsewhere, laptop.keyFile);
    expectRefusal(await laptop.run(['list']), 2, 'symbolic link');
  });

  test('file that is gone is said so', async () => {
    await laptop.ok(['init']);
    rmSync(laptop.keyFile);
    expectRefusal(await laptop.run(['list']), 7, 'no key was offered');
  });
});

describe('a store', () => {
  beforeEach(() => laptop.ok(['init']));

  test('whose folder others can look into is refused, with the command that closes it', async () => {
    chmodSync(laptop.dataFolder, 0o755);
    expectRefusal(await laptop.run(['list']), 2, 'so that others can look into it', `chmod 700 ${laptop.dataFolder}`);
    chmodSync(laptop.dataFolder, 0o700);
    expect((await laptop.run(['list'])).status).toBe(0);
  });

  test('whose header others can read is refused', async () => {
    chmodSync(join(laptop.dataFolder, 'header.kw'), 0o640);
    expectRefusal(await laptop.run(['list']), 2, 'chmod 600');
  });

  test('whose state folder others can look into is refused', async () => {
    chmodSync(laptop.stateFolder, 0o755);
    expectRefusal(await laptop.run(['list']), 2, 'chmod 700');
  });

  test('of a newer version is refused before anything is read, and says so', async () => {
    const header = join(laptop.dataFolder, 'header.kw');
    const text = readFileSync(header, 'utf8');
    writeFileSync(header, text.replace('"format":2', '"format":3'), { mode: 0o600 });
    expectRefusal(await laptop.run(['list']), 2, '(unsupported)', 'the store has format 3');
  });

  test('whose header is cut, empty or of another file is refused', async () => {
    const header = join(laptop.dataFolder, 'header.kw');
    const bytes = readFileSync(header);
    for (const content of [
      bytes.subarray(0, 100),
      Buffer.alloc(0),
      Buffer.from('not a header'),
      Buffer.concat([bytes, bytes]),
    ]) {
      writeFileSync(header, content, { mode: 0o600 });
      expectRefusal(await laptop.run(['list']), 8, '(integrity)');
    }
  });

  test('is left as it is by a second init', async () => {
    await laptop.ok(['set', 'app/x'], { stdin: 'kept' });
    const before = readFileSync(join(laptop.dataFolder, 'header.kw'));
    expect((await laptop.ok(['init'])).stderr).toContain('using the store');
    expect(readFileSync(join(laptop.dataFolder, 'header.kw'))).toEqual(before);
    expect((await laptop.ok(['get', 'app/x'])).stdout).toBe('kept');
  });
});

describe('a home', () => {
  const fromAnywhere = ['list'] as const;

  test('that is not known is said so', async () => {
    expectRefusal(await laptop.run(fromAnywhere, { env: { HOME: '' } }), 2, 'home folder of this user is not known');
    expectRefusal(await laptop.run(fromAnywhere, { env: { HOME: 'relative' } }), 2, 'Set HOME');
  });

  test('that nothing can be made in stops init, with the folder and the reason', async () => {
    const file = join(laptop.home, 'a-file');
    writeFileSync(file, '');
    const readOnly = existsSync('/sys') ? '/sys/none' : '/System/none';
    for (const HOME of [file, '/dev/null/none', readOnly]) {
      const ran = await laptop.run(['init'], { env: { HOME } });
      expectRefusal(ran, 2, '(config)', HOME);
      expect(existsSync(join(laptop.project, 'keyward.yaml'))).toBe(false);
    }
  });

  test('is not needed where the XDG folders are given', async () => {
    const env = Object.fromEntries(
      ['DATA', 'CONFIG', 'STATE'].map((kind) => [`XDG_${kind}_HOME`, join(laptop.home, kind)]),
    );
    await laptop.ok(['init'], { env: { ...env, HOME: undefined } });
    await laptop.ok(['set', 'app/x'], { env: { ...env, HOME: undefined }, stdin: 'v' });
    expect((await laptop.ok(['get', 'app/x'], { env: { ...env, HOME: undefined } })).stdout).toBe('v');
    expect(existsSync(join(laptop.home, '.local'))).toBe(false);
  });
});

describe('a path', () => {
  beforeEach(() => laptop.ok(['init']));

  test.each([
    ['../escape'],
    ['a/../b'],
    ['/absolute'],
    ['trailing/'],
    ['dou//ble'],
    ['a/./b'],
    ['with space/x'],
    ['new\nline'],
    ['nul\u0000byte'],
    ['caf\u00e9/key'],
    ['\u202eevil'],
    ['a\\b'],
    ['percent%2e'],
    ['+/x'],
    ['x'.repeat(513)],
    [''],
    ['ок/ключ'],
  ])('%j is refused, by reads and by writes', async (path) => {
    for (const args of [
      ['get', path],
      ['set', path],
      ['history', path],
      ['explain', path],
      ['list', path],
    ]) {
      if (args[0] === 'list' && path === '') continue;
      const ran = await laptop.run(args, { stdin: 'x' });
      expectRefusal(ran, 2, '(invalid)');
      expect(
        [...ran.stderr].every(
          (character) => character === '\n' || character === '→' || (character >= ' ' && character <= '~'),
        ),
      ).toBe(true);
    }
  });

  test('has at most 512 characters and 16 segments with its prefix', async () => {
    const longest = `${'d/'.repeat(13)}${'x'.repeat(512 - 'bot/development/'.length - 26)}`;
    await laptop.ok(['set', longest], { stdin: 'v' });
    expect((await laptop.ok(['get', longest])).stdout).toBe('v');
    expectRefusal(await laptop.run(['set', `${longest}y`], { stdin: 'v' }), 2, '512');
    expectRefusal(await laptop.run(['set', `${'d/'.repeat(14)}x`], { stdin: 'v' }), 2, 'more than 16 segments');
  });
});

describe('a value', () => {
  beforeEach(() => laptop.ok(['init']));
  const limit = 512 * 1024;

  test('of 512 KiB is the largest', async () => {
    const largest = Buffer.alloc(limit, 'x');
    await laptop.ok(['set', 'app/x', '--exact'], { stdin: largest });
    expect((await laptop.ok(['get', 'app/x'])).bytes.equals(largest)).toBe(true);
    const tooLarge = await laptop.run(['set', 'app/x', '--exact'], { stdin: Buffer.alloc(limit + 1, 'x') });
    expectRefusal(tooLarge, 2, '(too_large)', '524288');
    expect(
      (await laptop.ok(['set', 'app/x'], { stdin: Buffer.concat([largest, Buffer.from('\n')]) })).stderr,
    ).toContain('final newline');
  });

  test('that never ends is refused when it is over the limit', async () => {
    const ran = await laptop.run(['set', 'app/x'], { stdin: Buffer.alloc(8 * 1024 * 1024) });
    expectRefusal(ran, 2, '(too_large)');
  });

  test('that is empty is a value where that is said, and else a mistake', async () => {
    expectRefusal(await laptop.run(['set', 'app/x'], { stdin: '' }), 2, 'no value was given', '--empty');
    await laptop.ok(['set', 'app/x', '--empty'], { stdin: '' });
    expect(await laptop.ok(['get', 'app/x'])).toMatchObject({ stdout: '' });
    expect((await laptop.ok(['get', 'app/x', '--json'])).stdout).toContain('"bytes": 0');
  });

  test('that is binary goes through a pipe as it is, and not onto a terminal', async () => {
    const binary = Buffer.from([0, 255, 254, 10, 13, 10]);
    await laptop.ok(['set', 'app/x', '--exact'], { stdin: binary });
    expect((await laptop.ok(['get', 'app/x'])).bytes.equals(binary)).toBe(true);
    const shown = await laptop.runAtTerminal(['get', 'app/x', '--reveal']);
    expect(shown).toMatchObject({ status: 2, stdout: '' });
    expect(shown.stderr).toContain('keyward get app/x > file');
    expect(JSON.parse((await laptop.ok(['get', 'app/x', '--json'])).stdout)).toMatchObject({
      encoding: 'base64',
      value: binary.toString('base64'),
    });
  });

  test('that is binary is not given to a program, which is not started', async () => {
    await laptop.ok(['set', 'app/x', '--exact'], { stdin: Buffer.from([0, 1]) });
    laptop.write('keyward.yaml', `${laptop.read('keyward.yaml').replace('secrets: {}', '')}secrets: { app/x: {} }\n`);
    expectRefusal(await laptop.run(['run', '--', 'touch', 'ran']), 2, 'the value of X is binary');
    expect(existsSync(join(laptop.project, 'ran'))).toBe(false);
  });

  test('keeps CRLF but for the last one, and says what it dropped', async () => {
    await laptop.ok(['set', 'app/x'], { stdin: 'a\r\nb\r\n' });
    expect((await laptop.ok(['get', 'app/x'])).stdout).toBe('a\r\nb');
  });
});

describe('an environment file', () => {
  test.each([
    ['with a quote that is never closed', 'A="x\n', ':1:'],
    ['with a line that is no assignment', 'A=1\njunk line\n', ':2:'],
    ['with one name and two values', 'JWT_SECRET=1\nJWT_SECRET=2\n', ':2'],
    ['that is not UTF-8', Buffer.from([0x41, 0x3d, 0xff]), 'UTF-8'],
    ['that is a folder without files', undefined, 'holds no file'],
  ])('%s is refused with its place, and leaves nothing behind', async (_name, content, place) => {
    if (content === undefined) mkdirSync(join(laptop.project, '.env'));
    else laptop.write('.env', content);
    const { status, stdout, stderr } = await laptop.run(['init', '--from', '.env']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(place);
    expect(laptop.files().filter((file) => file !== 'bot/.env')).toEqual([]);
  });

  test('that is not there leaves nothing behind either', async () => {
    expectRefusal(await laptop.run(['init', '--from', '.env']), 2, 'there is no file .env');
    expect(laptop.files()).toEqual([]);
  });

  test('whose values differ from those in the store changes nothing without --overwrite', async () => {
    laptop.write('.env', 'JWT_SECRET=one\nENCRYPTION_KEY=k\n');
    await laptop.ok(['init', '--from', '.env']);
    laptop.write('.env', 'JWT_SECRET=two\nENCRYPTION_KEY=k\nNEW_ONE=n\n');
    const { status } = await laptop.run(['import', '.env', '--yes']);
    expect(status).not.toBe(0);
    expect((await laptop.ok(['get', 'app/jwt_secret'])).stdout).toBe('one');
    expect((await laptop.run(['get', 'app/new_one'])).status).toBe(3);
    await laptop.ok(['import', '.env', '--yes', '--overwrite']);
    expect((await laptop.ok(['get', 'app/jwt_secret'])).stdout).toBe('two');
  });
});
