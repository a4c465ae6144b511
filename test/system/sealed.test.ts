import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decrypter } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { leaksIn, valueCanaries } from './canaries.js';
import { filesIn, Laptop } from './cli.js';

const sealed = 'keyward.sealed.yaml';
const config = 'environment: development\nproviders:\n  - sealed: {}\n';

let laptop: Laptop;
beforeEach(async () => {
  laptop = new Laptop();
  laptop.write('keyward.yaml', config);
  await laptop.ok(['seal', 'init']);
});
afterEach(() => laptop.remove());

const set = (path: string, value: string) => laptop.ok(['set', path], { stdin: value });
const get = async (path: string) => (await laptop.ok(['get', path])).stdout;
const keyFile = () => join(laptop.home, '.config/keyward/age/identity.txt');
const boxOf = (name: string) => /^ {4}(.*)$/m.exec(laptop.read(sealed).split(`  ${name}:\n`)[1] ?? '')?.[1] ?? '';

function git(...args: readonly string[]): string {
  const env = { ...laptop.environment(), GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...who, ...args], { cwd: laptop.project, env, encoding: 'utf8', stdio: 'pipe' });
}

function commit(): void {
  git('add', sealed);
  git('commit', '-q', '-m', 'values');
}

/** What each side does on a branch of its own, and then git merges. */
async function merged(ours: () => Promise<unknown>, theirs: () => Promise<unknown>): Promise<boolean> {
  git('init', '-q');
  commit();
  git('checkout', '-q', '-b', 'theirs');
  await theirs();
  commit();
  git('checkout', '-q', 'main');
  await ours();
  commit();
  const { status } = spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', 'merge', 'theirs'], {
    cwd: laptop.project,
    env: laptop.environment(),
  });
  return status === 0;
}

describe('git', () => {
  test('merges two values that two people changed, also of neighbours and of one document, and the file opens', async () => {
    for (const name of ['app/a', 'app/b', 'app/c']) await set(name, 'before');
    await laptop.ok(['set', 'exchange/binance', 'api_key=k', 'secret=s']);
    const isMerged = await merged(
      async () => {
        await set('app/a', 'ours');
        await laptop.ok(['set', 'exchange/binance', 'api_key=ours']);
      },
      async () => {
        await set('app/b', 'theirs');
        await laptop.ok(['set', 'exchange/binance', 'secret=theirs']);
      },
    );
    expect(isMerged).toBe(true);
    expect([await get('app/a'), await get('app/b'), await get('app/c')]).toEqual(['ours', 'theirs', 'before']);
    expect(await get('exchange/binance#api_key')).toBe('ours');
    expect(await get('exchange/binance#secret')).toBe('theirs');
    expect((await laptop.ok(['seal', 'repair'])).stdout).toBe('everything holds together\n');
  });

  test('merges a new name and a changed value, and two new names in different places and groups', async () => {
    for (const name of ['app/b', 'app/m']) await set(name, 'before');
    const isMerged = await merged(
      async () => {
        await set('app/a', 'ours');
        await set('app/b', 'ours');
      },
      () => set('app/n', 'theirs'),
    );
    expect(isMerged).toBe(true);
    expect([await get('app/a'), await get('app/b'), await get('app/n')]).toEqual(['ours', 'ours', 'theirs']);
  });

  test('moves single commits: cherry-pick and rebase, also of one that takes a value away', async () => {
    for (const name of ['app/a', 'app/b', 'app/c', 'app/d']) await set(name, 'before');
    git('init', '-q');
    commit();
    git('checkout', '-q', '-b', 'theirs');
    await set('app/b', 'theirs');
    commit();
    const EDITOR = laptop.write('editor.sh', '#!/bin/sh\nsed -i "/^app.d/d" "$1"\n', 0o755);
    await laptop.ok(['edit', sealed], { env: { EDITOR } });
    commit();
    git('checkout', '-q', 'main');
    await set('app/a', 'ours');
    commit();
    git('cherry-pick', 'theirs~1');
    expect([await get('app/a'), await get('app/b'), await get('app/d')]).toEqual(['ours', 'theirs', 'before']);
    git('checkout', '-q', 'theirs');
    git('rebase', '-q', 'main');
    expect([await get('app/a'), await get('app/b'), await get('app/c')]).toEqual(['ours', 'theirs', 'before']);
    expect(await laptop.run(['get', 'app/d'])).toMatchObject({ status: 3 });
    expect((await laptop.ok(['seal', 'repair'])).stdout).toBe('everything holds together\n');
  });

  test('leaves a conflict of two new neighbours to people, and repair signs what they made of it', async () => {
    await set('app/a', 'before');
    expect(
      await merged(
        () => set('app/b', 'ours'),
        () => set('app/c', 'theirs'),
      ),
    ).toBe(false);
    const conflict = await laptop.run(['get', 'app/a']);
    expect(conflict).toMatchObject({ status: 2, stdout: '' });
    expect(conflict.stderr).toContain('git left a conflict here');
    laptop.write(sealed, laptop.read(sealed).replaceAll(/^(?:<{7}|={7}|>{7}).*\n/gm, ''));
    const shown = await laptop.run(['seal', 'repair']);
    if (shown.stdout.includes('names were added')) {
      expect(shown.status).toBe(2);
      await laptop.ok(['seal', 'repair', '--yes']);
    }
    expect([await get('app/b'), await get('app/c')]).toEqual(['ours', 'theirs']);
  });

  test('cannot merge one value that two people changed', async () => {
    await set('app/a', 'before');
    expect(
      await merged(
        () => set('app/a', 'ours'),
        () => set('app/a', 'theirs'),
      ),
    ).toBe(false);
  });
});

describe('repair', () => {
  test('shows the names of what was dropped by hand, and signs only when it is told to', async () => {
    for (const name of ['app/a', 'app/b', 'app/c']) await set(name, 'value');
    const before = laptop.read(sealed);
    laptop.write(sealed, before.replace(/ {2}app\/b:\n.*\n/, ''));
    expect(await laptop.run(['get', 'app/a'])).toMatchObject({ status: 8, stdout: '' });
    const asked = await laptop.run(['seal', 'repair']);
    expect(asked).toMatchObject({ status: 2 });
    expect(asked.stdout).toContain('names were added or taken away');
    expect(await laptop.runAtTerminal(['seal', 'repair'], { typed: ['n'] })).toMatchObject({ status: 1 });
    expect((await laptop.runAtTerminal(['seal', 'repair'], { typed: ['y'] })).status).toBe(0);
    expect(await get('app/a')).toBe('value');
  });

  test('never signs a value that was moved', async () => {
    for (const name of ['app/a', 'app/b']) await set(name, 'value');
    const moved = laptop
      .read(sealed)
      .replace('app/a:', 'app/x:')
      .replace('app/b:', 'app/a:')
      .replace('app/x:', 'app/b:');
    laptop.write(sealed, moved);
    expect(await laptop.run(['seal', 'repair', '--yes'])).toMatchObject({ status: 8 });
    expect(laptop.read(sealed)).toBe(moved);
    expect(await laptop.run(['get', 'app/a'])).toMatchObject({ status: 8, stdout: '' });
  });

  test('names a recipient that somebody put there', async () => {
    const other = new Laptop();
    const { stdout: recipient } = await other.ok(['seal', 'init']);
    other.remove();
    laptop.write(sealed, laptop.read(sealed).replace('recipients:\n', `recipients:\n  ${recipient.trim()}: me\n`));
    expect(await laptop.run(['set', 'app/a'], { stdin: 'x' })).toMatchObject({ status: 8 });
    expect((await laptop.run(['seal', 'repair'])).stdout).toContain(`${recipient.trim()}  me`);
  });
});

describe('a .env file', () => {
  const text = "API_TOKEN='one two'\nBINANCE_API_KEY=k\nBINANCE_API_SECRET='s\nt'\nJWT_SECRET=j\n";

  test('is sealed and comes back, and sealing it again changes nothing', async () => {
    laptop.write('.env', text);
    await laptop.ok(['seal']);
    const before = laptop.read(sealed);
    await laptop.ok(['seal']);
    expect(laptop.read(sealed)).toBe(before);
    expect((await laptop.ok(['unseal'])).stdout).toBe(text);
    await laptop.ok(['unseal', '--out', 'back.env']);
    expect(statSync(join(laptop.project, 'back.env')).mode & 0o777).toBe(0o600);
    expect(await laptop.run(['unseal', '--out', 'back.env'])).toMatchObject({ status: 6 });
    expect((await laptop.runAtTerminal(['unseal'])).stdout).toBe('');
  });

  test('that differs is refused before anything is written', async () => {
    laptop.write('.env', text);
    await laptop.ok(['seal']);
    const before = laptop.read(sealed);
    laptop.write('.env', text.replace('=j', '=other').replace('=k', '=other'));
    expect(await laptop.run(['seal'])).toMatchObject({ status: 6 });
    expect(laptop.read(sealed)).toBe(before);
    await laptop.ok(['seal', '--overwrite']);
    expect(await get('app/jwt_secret')).toBe('other');
  });
});

describe('the store of a laptop', () => {
  test('goes into a sealed file, names and all, and from there to a machine without it', async () => {
    const source = await Laptop.initialised();
    try {
      source.write('.env', 'API_TOKEN=t\nBINANCE_API_KEY=k\nBINANCE_API_SECRET=s\n');
      await source.ok(['import', '.env', '--yes']);
      expect(await source.run(['export', '--sealed'])).toMatchObject({ status: 2 });
      const server = (await laptop.ok(['seal', 'init'])).stdout.trim();
      await source.ok(['seal', 'init', '--recipient', server]);
      await source.ok(['export', '--sealed']);
      const before = source.read(sealed);
      await source.ok(['export', '--sealed']);
      expect(source.read(sealed)).toBe(before);
      await source.ok(['set', 'app/api_token'], { stdin: 'changed' });
      await source.ok(['export', '--sealed', '--path', 'app']);
      laptop.write('other.sealed.yaml', source.read(sealed));
      await laptop.ok(['seal', 'init', '--file', 'other.sealed.yaml']);
      expect((await laptop.ok(['unseal', 'other.sealed.yaml'])).stdout).toBe(
        'API_TOKEN=changed\nBINANCE_API_KEY=k\nBINANCE_API_SECRET=s\n',
      );
      expect(await source.run(['export', '--sealed', '--path', 'none'])).toMatchObject({ status: 3 });
    } finally {
      source.remove();
    }
  });
});

describe('edit', () => {
  const editor = (script: string) => ({ EDITOR: laptop.write('editor.sh', `#!/bin/sh\n${script}\n`, 0o755) });

  test('changes, adds and takes away, and leaves the lines of everything else', async () => {
    for (const name of ['app/a', 'app/b', 'app/c']) await set(name, 'value');
    const stays = boxOf('app/a');
    const env = editor('sed -i -e "s/^app.b: .*/app\\/b: changed/" -e "/^app.c/d" "$1"; echo "app/d: new" >> "$1"');
    await laptop.ok(['edit', sealed], { env });
    expect(boxOf('app/a')).toBe(stays);
    expect([await get('app/a'), await get('app/b'), await get('app/d')]).toEqual(['value', 'changed', 'new']);
    expect(await laptop.run(['get', 'app/c'])).toMatchObject({ status: 3 });
  });

  test('leaves the file as it is when nothing changes, or what was typed is no name', async () => {
    await set('app/a', 'value');
    const before = laptop.read(sealed);
    expect((await laptop.ok(['edit', sealed])).stderr).toContain('nothing was changed');
    expect(await laptop.run(['edit', sealed], { env: editor('echo "../up: x" >> "$1"') })).toMatchObject({ status: 2 });
    expect(laptop.read(sealed)).toBe(before);
  });
});

describe('recipients', () => {
  test('are added and removed, and whoever was removed is told so and opens nothing', async () => {
    await set('app/a', 'value');
    const other = new Laptop();
    try {
      const recipient = (await other.ok(['seal', 'init', '--file', 'own.sealed.yaml'])).stdout.trim();
      other.write('keyward.yaml', config);
      await laptop.ok(['recipient', 'add', recipient, '--label', 'ci']);
      other.write(sealed, laptop.read(sealed));
      await other.ok(['seal', 'init']);
      expect((await other.ok(['get', 'app/a'])).stdout).toBe('value');
      expect(await laptop.run(['recipient', 'add', recipient])).toMatchObject({ status: 6 });
      const removed = await laptop.ok(['recipient', 'remove', 'ci']);
      expect(removed.stderr).toContain('earlier commits and copies of it stay readable');
      other.write(sealed, laptop.read(sealed));
      const refused = await other.run(['get', 'app/a']);
      expect(refused).toMatchObject({ status: 7, stdout: '' });
      expect(refused.stderr).toContain(recipient.slice(0, 4));
      expect(await get('app/a')).toBe('value');
    } finally {
      other.remove();
    }
  });

  test('cannot all be removed, and what is no recipient is not added', async () => {
    const own = (await laptop.ok(['recipient', 'list'])).stdout.trim();
    expect(await laptop.run(['recipient', 'remove', own])).toMatchObject({ status: 2 });
    expect(await laptop.run(['recipient', 'remove', 'nobody'])).toMatchObject({ status: 3 });
    for (const wrong of [
      'age1',
      own.toUpperCase(),
      'ssh-ed25519 AAAA',
      own.replace(/.$/, own.endsWith('q') ? 'p' : 'q'),
    ]) {
      expect(await laptop.run(['recipient', 'add', wrong])).toMatchObject({ status: 2 });
    }
  });
});

describe('an identity', () => {
  test('is never replaced, and none is made because a file is there or gone', async () => {
    const identity = readFileSync(keyFile(), 'utf8');
    await laptop.ok(['seal', 'init']);
    await laptop.ok(['seal', 'init', '--file', 'renamed.sealed.yaml']);
    expect(readFileSync(keyFile(), 'utf8')).toBe(identity);
    const elsewhere = { KEYWARD_AGE_KEY_FILE: join(laptop.home, 'none') };
    expect(await laptop.run(['set', 'app/a'], { stdin: 'x', env: elsewhere })).toMatchObject({ status: 7 });
    expect(existsSync(elsewhere.KEYWARD_AGE_KEY_FILE)).toBe(false);
  });

  test('that others can read is refused', async () => {
    const open = laptop.write('open.txt', readFileSync(keyFile()), 0o644);
    expect(await laptop.run(['get', 'app/a'], { env: { KEYWARD_AGE_KEY_FILE: open } })).toMatchObject({ status: 2 });
  });
});

describe('a copy of a sealed file in a project of somebody else', () => {
  test('opens only after the person has agreed, whatever the copy is called', async () => {
    await set('app/a', 'value');
    const clone = join(laptop.home, 'clone');
    laptop.write('../clone/other.sealed.yaml', laptop.read(sealed));
    laptop.write(
      '../clone/keyward.yaml',
      `${config.replace('{}', '{ file: other.sealed.yaml }')}secrets: { app/a: {} }\n`,
    );
    for (const args of [
      ['get', 'app/a'],
      ['run', '--', 'env'],
      ['seal', 'init', '--file', 'other.sealed.yaml'],
    ]) {
      const { status, stdout, stderr } = await laptop.run(args, { cwd: clone });
      expect({ status, stdout }).toEqual({ status: args[0] === 'seal' ? 6 : 2, stdout: '' });
      expect(stderr).toContain('keyward trust');
    }
    await laptop.ok(['trust', '--yes'], { cwd: clone });
    expect((await laptop.ok(['get', 'app/a'], { cwd: clone })).stdout).toBe('value');
  });

  test('opens at once where the configuration is named', async () => {
    await set('app/a', 'value');
    laptop.write('../clone/keyward.sealed.yaml', laptop.read(sealed));
    const file = laptop.write('../clone/keyward.yaml', config);
    const { stdout } = await laptop.ok(['get', 'app/a'], { cwd: laptop.home, env: { KEYWARD_CONFIG: file } });
    expect(stdout).toBe('value');
  });
});

describe('a sealed .env file', () => {
  const file = '.env.sealed';
  const text = () => laptop.read(file);
  beforeEach(async () => {
    laptop.write('keyward.yaml', config.replace('{}', `{ file: ${file} }`));
    await laptop.ok(['seal', 'init', '--file', file]);
    await laptop.ok(['seal', '-', '--file', file], {
      stdin: 'API_TOKEN=t\nBINANCE_API_KEY=k\nBINANCE_SECRET_KEY=s\nJWT_SECRET=j\n',
    });
  });

  test('is read, written, edited and given to programs as the other one is', async () => {
    await set('app/api_token', 'changed');
    expect([await get('app/api_token'), await get('exchange/binance#api_secret')]).toEqual(['changed', 's']);
    const EDITOR = laptop.write(
      'editor.sh',
      '#!/bin/sh\nsed -i "s/^app.jwt_secret: .*/app\\/jwt_secret: edited/" "$1"\n',
      0o755,
    );
    await laptop.ok(['edit', file], { env: { EDITOR } });
    const env = await laptop.spawn(['run', '--', 'sh', '-c', 'echo $API_TOKEN $BINANCE_SECRET_KEY $JWT_SECRET']);
    expect(env.stdout).toBe('changed s edited\n');
    expect((await laptop.ok(['unseal', file])).stdout).toContain('BINANCE_SECRET_KEY=s\n');
    expect(text()).not.toContain('changed');
  });

  test('is the one that the commands mean where the configuration has no other, inside of the project', async () => {
    expect((await laptop.ok(['unseal'])).stdout).toContain('JWT_SECRET=j\n');
    await laptop.ok(['seal', '-'], { stdin: 'PORT=3000\n' });
    expect(await get('app/port')).toBe('3000');
    const own = (await laptop.ok(['recipient', 'list'])).stdout;
    expect(own).toMatch(/^age1/);
    expect((await laptop.ok(['seal', 'repair'])).stdout).toBe('everything holds together\n');
    laptop.write('../other/.env.sealed', text());
    laptop.write('keyward.yaml', config.replace('{}', '{ file: ../other/.env.sealed }'));
    expect((await laptop.ok(['seal', 'init'])).stdout).toBe(own);
    expect(laptop.read(sealed)).not.toContain('app/port');
    expect((await laptop.ok(['recipient', 'list', '--json'])).stdout).toContain(own.trim());
  });

  test('keeps comments and the order that people gave it, also when recipients change', async () => {
    const blocks = text().split('\n\n');
    const moved = [
      blocks[0],
      '# bottom\n# two lines',
      ...blocks
        .slice(1)
        .reverse()
        .map((each) => each.trimEnd()),
      '# end\n',
    ];
    laptop.write(file, moved.join('\n\n'));
    const lines = (shown: string) => shown.split('\n').filter((line) => !/=sealed:|^# {3}|^# (?:key|tag):/.test(line));
    const before = text();
    await set('app/jwt_secret', 'other');
    expect(lines(text())).toEqual(lines(before));
    await set('app/new', 'value');
    expect(text()).toContain('\n# app/new:\nNEW=sealed:');
    await laptop.ok([
      'recipient',
      'add',
      'age1pc7g7t79et2rh46fapzqq6zamk2qx903p6rskp4dvursan0f7a7qymqt4l',
      '--file',
      file,
    ]);
    for (const line of ['# bottom', '# two lines', '# end']) expect(text().split('\n')).toContain(line);
    expect(await get('app/jwt_secret')).toBe('other');
  });

  test('is refused when a value stands below another name, or a name is gone', async () => {
    const before = text();
    const swapped = before
      .replace('# app/jwt_secret:', '# app/x:')
      .replace('# app/api_token:', '# app/jwt_secret:')
      .replace('# app/x:', '# app/api_token:');
    laptop.write(file, swapped);
    expect(await laptop.run(['get', 'app/jwt_secret'])).toMatchObject({ status: 8, stdout: '' });
    laptop.write(file, before.replace(/# app\/jwt_secret:\n.*\n/, ''));
    expect(await laptop.run(['get', 'app/api_token'])).toMatchObject({ status: 8, stdout: '' });
  });

  test('that was copied into a project of somebody else opens only after the person has agreed', async () => {
    laptop.write('../clone/.env.other.sealed', text());
    laptop.write('../clone/keyward.yaml', config.replace('{}', '{ file: .env.other.sealed }'));
    const cwd = join(laptop.home, 'clone');
    expect(await laptop.run(['get', 'app/api_token'], { cwd })).toMatchObject({ status: 2, stdout: '' });
  });

  test('merges changes of neighbours, and each value opens with any program for age', async () => {
    git('init', '-q');
    git('add', '-f', file);
    git('commit', '-q', '-m', 'values');
    git('checkout', '-q', '-b', 'theirs');
    await set('app/api_token', 'theirs');
    git('commit', '-qam', 'theirs');
    git('checkout', '-q', 'main');
    await set('app/jwt_secret', 'ours');
    await set('app/added', 'ours');
    git('commit', '-qam', 'ours');
    git('merge', '-q', '-m', 'both', 'theirs');
    expect([await get('app/api_token'), await get('app/jwt_secret'), await get('app/added')]).toEqual([
      'theirs',
      'ours',
      'ours',
    ]);
    const age = new Decrypter();
    age.addIdentity(readFileSync(keyFile(), 'utf8').trim().split('\n').at(-1) ?? '');
    const box = /^JWT_SECRET=sealed:(.*)$/m.exec(text())?.[1] ?? '';
    expect(JSON.parse(await age.decrypt(Buffer.from(box, 'base64'), 'text'))).toMatchObject({ value: 'ours' });
  });
});

describe('a sealed file', () => {
  test('opens value by value with any program for age', async () => {
    await set('app/a', 'one two\n three');
    const age = new Decrypter();
    age.addIdentity(readFileSync(keyFile(), 'utf8').trim().split('\n').at(-1) ?? '');
    const plaintext = await age.decrypt(Buffer.from(boxOf('app/a'), 'base64'), 'text');
    expect(JSON.parse(plaintext)).toMatchObject({ name: 'app/a', kind: 'text', value: 'one two\n three' });
  });

  test('takes the changes of many processes at once, each of them', async () => {
    const writers = Array.from({ length: 6 }, (_, i) =>
      laptop.spawn(['set', `app/n${i}`], { stdin: `value ${i}` }).then(({ status }) => status),
    );
    expect(await Promise.all(writers)).toEqual([0, 0, 0, 0, 0, 0]);
    for (const i of writers.keys()) expect(await get(`app/n${i}`)).toBe(`value ${i}`);
    expect(laptop.files().filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  test('and everything that commands say and leave hold no value', async () => {
    const canaries = valueCanaries().filter(({ name }) => name !== 'value json');
    const sinks = new Map<string, Uint8Array>();
    const run = async (args: readonly string[], stdin?: Uint8Array) => {
      const { stdout, stderr } = await laptop.run(args, stdin === undefined ? {} : { stdin });
      sinks.set(args.join(' '), Buffer.from(stdout + stderr));
    };
    for (const [i, { bytes }] of canaries.entries()) await run(['set', `app/n${i}`, '--exact'], bytes);
    await run(['edit', sealed]);
    await run(['seal', 'repair']);
    await run(['recipient', 'add', 'age1pc7g7t79et2rh46fapzqq6zamk2qx903p6rskp4dvursan0f7a7qymqt4l', '--label', 'ci']);
    await run(['recipient', 'remove', 'ci']);
    await run(['unseal', '--out', 'unsealed']);
    const whole = laptop.read(sealed);
    writeFileSync(join(laptop.project, sealed), whole.replace('app/n1:', 'app/x:'));
    await run(['unseal']);
    await run(['seal', 'repair']);
    for (const file of filesIn(laptop.home)) sinks.set(file, readFileSync(file));
    expect(leaksIn(sinks, canaries)).toEqual([]);
  });
});
