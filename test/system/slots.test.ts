import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/index.js';
import { Laptop, type Ran } from './cli.js';

const value = 'value-of-the-test';
const passphrase = 'correct horse battery staple';

let laptop: Laptop;
beforeEach(async () => {
  laptop = await Laptop.initialised();
  await laptop.ok(['set', 'app/jwt_secret'], { stdin: value });
});
afterEach(() => laptop.remove());

interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly inUse: boolean;
}

const slots = async (): Promise<readonly Listed[]> => JSON.parse((await laptop.ok(['slot', 'list', '--json'])).stdout);
const kinds = async () => (await slots()).map(({ kind }) => kind);
const idOf = async (kind: string) => (await slots()).find((slot) => slot.kind === kind)?.id ?? '';
const header = () => join(laptop.dataFolder, 'header.kw');
const latches = () => readdirSync(laptop.dataFolder).filter((name) => name.startsWith('latch-'));
const addPassphrase = () => laptop.ok(['slot', 'add', 'passphrase'], { stdin: `${passphrase}\n` });
const get = (env: Readonly<Record<string, string>> = {}) => laptop.run(['get', 'app/jwt_secret', '--reveal'], { env });

function byPassphrase(): Readonly<Record<string, string>> {
  const file = join(laptop.home, 'passphrase');
  writeFileSync(file, passphrase, { mode: 0o600 });
  return { KEYWARD_PASSPHRASE_FILE: file, KEYWARD_KEY_FILE: join(laptop.home, 'no-such.key') };
}

function expectRefusal(ran: Ran, status: number, ...texts: readonly string[]): void {
  expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status, stdout: '' });
  for (const text of texts) expect(ran.stderr).toContain(text);
}

describe('a slot that is added', () => {
  test('opens the store alone, and is listed without anything that does', async () => {
    await addPassphrase();
    expect(await kinds()).toEqual(['keyfile', 'passphrase']);
    expect((await get(byPassphrase())).stdout).toContain(value);
    const { stdout } = await laptop.ok(['slot', 'list']);
    expect(stdout).toMatch(
      /^[0-9a-f]{8}\s+keyfile\s+\d{4}-\d\d-\d\d\s+in use\n[0-9a-f]{8}\s+passphrase\s+\d{4}-\d\d-\d\d\n$/,
    );
  });

  test('can be a second key file elsewhere', async () => {
    const second = join(laptop.home, 'second.key');
    await laptop.ok(['slot', 'add', 'keyfile', '--key-file', second]);
    expect(statSync(second).mode & 0o777).toBe(0o600);
    rmSync(laptop.keyFile);
    expect((await get({ KEYWARD_KEY_FILE: second })).stdout).toContain(value);
  });

  test('never overwrites a key file, nor a file with a recovery key', async () => {
    const before = readFileSync(laptop.keyFile);
    expectRefusal(await laptop.run(['slot', 'add', 'keyfile']), 6, 'exists already');
    expect(readFileSync(laptop.keyFile)).toEqual(before);
    const paper = laptop.write('paper', 'mine', 0o600);
    expectRefusal(await laptop.run(['slot', 'add', 'recovery', '--recovery-out', paper]), 6, 'exists already');
    expect(await kinds()).toEqual(['keyfile']);
  });

  test('shows a recovery key on a terminal only', async () => {
    expectRefusal(await laptop.run(['slot', 'add', 'recovery']), 2, 'no terminal', '--recovery-out');
    const { status, stdout, stderr } = await laptop.runAtTerminal(['slot', 'add', 'recovery']);
    expect({ status, hasCode: /(?:[0-9A-Z]{8}-){5}/.test(stderr) }).toEqual({ status: 0, hasCode: true });
    expect(stdout).not.toMatch(/(?:[0-9A-Z]{8}-){2}/);
    expect(await kinds()).toEqual(['keyfile', 'recovery']);
  });

  test('needs a passphrase that is not empty, and a kind that there is', async () => {
    expectRefusal(await laptop.run(['slot', 'add', 'passphrase']), 2, 'needs a passphrase');
    expectRefusal(await laptop.run(['slot', 'add', 'tpm']), 2, 'keyfile, keyring, passphrase, recovery');
    expect(await kinds()).toEqual(['keyfile']);
  });

  test('in a keyring that is not there says what to use instead', async () => {
    const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere', XDG_RUNTIME_DIR: '/nowhere' };
    const { status, stderr } = await laptop.spawn(['slot', 'add', 'keyring'], { env });
    expect({ status, stderr }).toEqual({ status: 5, stderr: expect.stringContaining('keyward slot add keyfile') });
    expect(await kinds()).toEqual(['keyfile']);
  });
});

describe('a slot that was removed', () => {
  test('opens nothing of the present data, not even with the header of before', async () => {
    await addPassphrase();
    const old = join(laptop.home, 'old-header');
    copyFileSync(header(), old);
    const [oldLatch = ''] = latches();
    await laptop.ok(['slot', 'remove', 'passphrase']);
    expectRefusal(await get(byPassphrase()), 7, '(sealed)');
    expect(latches()).not.toContain(oldLatch);
    const present = readFileSync(header());
    copyFileSync(old, header());
    expectRefusal(await get(byPassphrase()), 8, '(integrity)');
    const [latch = ''] = latches();
    copyFileSync(join(laptop.dataFolder, latch), join(laptop.dataFolder, oldLatch));
    expectRefusal(await get(byPassphrase()), 8, '(integrity)');
    rmSync(join(laptop.dataFolder, oldLatch));
    writeFileSync(header(), present, { mode: 0o600 });
    expect((await get()).stdout).toContain(value);
  });

  test('can be the one that opened the store just now', async () => {
    await addPassphrase();
    const { stderr } = await laptop.ok(['slot', 'remove', await idOf('keyfile')]);
    expect(stderr).toContain(laptop.keyFile);
    expect(existsSync(laptop.keyFile)).toBe(true);
    expectRefusal(await get(), 7, 'passphrase');
    expect((await get(byPassphrase())).stdout).toContain(value);
  });

  test('is never the last, and leaves no recovery key alone unless that is wanted', async () => {
    expectRefusal(await laptop.run(['slot', 'remove', 'keyfile']), 2, 'only slot');
    expectRefusal(await laptop.run(['slot', 'remove', 'keyfile', '--force']), 2, 'only slot');
    await laptop.ok(['slot', 'add', 'recovery', '--recovery-out', 'paper']);
    expectRefusal(await laptop.run(['slot', 'remove', 'keyfile']), 2, '--force');
    expect(await kinds()).toEqual(['keyfile', 'recovery']);
    await laptop.ok(['slot', 'remove', 'keyfile', '--force']);
    const typed = [readFileSync(join(laptop.project, 'paper'), 'utf8')];
    const ran = await laptop.runAtTerminal(['slot', 'list'], { typed });
    expect(ran.stdout).toContain('recovery');
  });

  test('is named without doubt', async () => {
    await addPassphrase();
    await addPassphrase();
    expectRefusal(await laptop.run(['slot', 'remove', 'passphrase']), 2, '2 slots of the store are meant by it');
    expectRefusal(await laptop.run(['slot', 'remove', 'keyring']), 3, 'has no slot');
    expectRefusal(await laptop.run(['slot', 'remove', '']), 3, 'has no slot');
    await laptop.ok(['slot', 'remove', (await idOf('passphrase')).slice(0, 8)]);
    expect(await kinds()).toEqual(['keyfile', 'passphrase']);
  });
});

describe('a slot that was removed as compromised', () => {
  /** The header and latch as somebody copied them, beside the rows of today. */
  const putBackKeysOf = (copy: string) => {
    const isOfKeys = (name: string) => /^(?:header|latch-.*)\.kw$/.test(name);
    for (const name of readdirSync(laptop.dataFolder).filter(isOfKeys)) rmSync(join(laptop.dataFolder, name));
    for (const name of readdirSync(copy).filter(isOfKeys))
      copyFileSync(join(copy, name), join(laptop.dataFolder, name));
  };

  test.each([
    { flags: [], status: 0 },
    { flags: ['--compromised'], status: 8 },
  ])('opens the rows of today with a whole copy of before unless it was said: $flags', async ({ flags, status }) => {
    const second = join(laptop.home, 'second.key');
    await laptop.ok(['slot', 'add', 'keyfile', '--key-file', second]);
    const copy = join(laptop.home, 'copy');
    cpSync(laptop.dataFolder, copy, { recursive: true });
    const [, { id } = { id: '' }] = await slots();
    await laptop.ok(['slot', 'remove', id, ...flags]);
    await laptop.ok(['set', 'app/late'], { stdin: 'late value' });
    expect((await get()).stdout).toContain(value);
    putBackKeysOf(copy);
    const env = { KEYWARD_KEY_FILE: second };
    expect((await laptop.run(['get', 'app/late', '--reveal'], { env })).status).toBe(status);
  });

  test('says what stays exposed, also when it was changed', async () => {
    const { stderr } = await laptop.ok(['slot', 'change', 'keyfile', '--compromised']);
    expect(stderr).toContain('old backups and values that were read already stay exposed');
    expect((await get()).stdout).toContain(value);
  });

  test('leaves the audit log one unbroken chain, readable from its first line to its last', async () => {
    const recorded = async () => JSON.parse((await laptop.ok(['audit', 'show', '--limit', '1000', '--json'])).stdout);
    const before = (await recorded()).length;
    await laptop.ok(['slot', 'change', 'keyfile', '--compromised']);
    await laptop.ok(['slot', 'change', 'keyfile', '--compromised']);
    expect((await get()).stdout).toContain(value);
    const entries = await recorded();
    expect(entries.length).toBeGreaterThan(before);
    expect(entries.filter((entry: { operation: string }) => entry.operation === 'slots.change')).toHaveLength(4);
    const { keys } = JSON.parse((await laptop.ok(['audit', 'verify', '--json'])).stdout);
    expect(keys).toHaveLength(3);
  });

  test('while another process has the store open is gone, and the rest is named as still to do', async () => {
    await addPassphrase();
    const other = await openStore({ env: laptop.environment() });
    const ran = await laptop.spawn(['slot', 'remove', 'passphrase', '--compromised']);
    expectRefusal(ran, 6, 'the slot is gone', `process ${process.pid}`, 'keyward store shred');
    expect(await kinds()).toEqual(['keyfile']);
    await other.close();
    expect((await get()).stderr).toContain('the keys of the store were not replaced yet');
    await laptop.ok(['store', 'shred', '--yes']);
    expect(await get()).toMatchObject({ stdout: expect.stringContaining(value), stderr: '' });
  });
});

describe('a slot that was changed', () => {
  test('has a new key file in the old place, and the old one opens nothing', async () => {
    const [old, id] = [readFileSync(laptop.keyFile), await idOf('keyfile')];
    await laptop.ok(['slot', 'change', 'keyfile']);
    expect(readFileSync(laptop.keyFile)).not.toEqual(old);
    expect(readdirSync(join(laptop.keyFile, '..'))).toHaveLength(1);
    expect(await idOf('keyfile')).not.toBe(id);
    expect((await get()).stdout).toContain(value);
    writeFileSync(laptop.keyFile, old, { mode: 0o600 });
    expectRefusal(await get(), 7, '(sealed)');
  });

  test('has another passphrase, asked for twice at a terminal', async () => {
    await addPassphrase();
    const typed = ['another one', 'another one'];
    expect(await laptop.runAtTerminal(['slot', 'change', 'passphrase'], { typed })).toMatchObject({ status: 0 });
    expectRefusal(await get(byPassphrase()), 7, '(sealed)');
    writeFileSync(join(laptop.home, 'passphrase'), 'another one', { mode: 0o600 });
    const env = {
      KEYWARD_PASSPHRASE_FILE: join(laptop.home, 'passphrase'),
      KEYWARD_KEY_FILE: join(laptop.home, 'no-such.key'),
    };
    expect((await get(env)).stdout).toContain(value);
  });

  test('leaves the key file of another slot alone', async () => {
    const second = join(laptop.home, 'second.key');
    await laptop.ok(['slot', 'add', 'keyfile', '--key-file', second]);
    const [, { id } = { id: '' }] = await slots();
    const before = readFileSync(laptop.keyFile);
    expectRefusal(await laptop.run(['slot', 'change', id]), 6, 'exists already');
    expect(readFileSync(laptop.keyFile)).toEqual(before);
    expect((await get({ KEYWARD_KEY_FILE: second })).stdout).toContain(value);
    const third = join(laptop.home, 'third.key');
    await laptop.ok(['slot', 'change', id, '--key-file', third]);
    expect((await get({ KEYWARD_KEY_FILE: third })).stdout).toContain(value);
    expectRefusal(await get({ KEYWARD_KEY_FILE: second }), 7, '(sealed)');
  });

  test('whose key file was not yet in its place when the process ended opens the store, and is put there', async () => {
    await laptop.ok(['slot', 'change', 'keyfile']);
    const pending = `${laptop.keyFile}.${await idOf('keyfile')}`;
    copyFileSync(laptop.keyFile, pending);
    writeFileSync(laptop.keyFile, Buffer.concat([Buffer.from('keyward-keyfile\n'), Buffer.alloc(32)]), { mode: 0o600 });
    const kept = readFileSync(pending);
    expect((await get()).stdout).toContain(value);
    expect(existsSync(pending)).toBe(false);
    expect(readFileSync(laptop.keyFile)).toEqual(kept);
  });
});

describe('slots', () => {
  test('that two processes change at once: one does, and the other one is told and leaves nothing behind', async () => {
    const second = join(laptop.home, 'second.key');
    const third = join(laptop.home, 'third.key');
    const both = await Promise.all(
      [second, third].map((file) => laptop.run(['slot', 'add', 'keyfile', '--key-file', file])),
    );
    const refused = both.filter(({ status }) => status !== 0);
    expect([0, 1]).toContain(refused.length);
    for (const ran of refused) expectRefusal(ran, 6, 'changed by somebody else');
    const files = [second, third].filter((file) => existsSync(file));
    expect(files).toHaveLength(2 - refused.length);
    for (const file of files) expect((await get({ KEYWARD_KEY_FILE: file })).stdout).toContain(value);
  });

  test('can change while another process has the store open: it goes on, and what it writes opens', async () => {
    await addPassphrase();
    const child = laptop.start(['set', 'app/late']);
    const ended = new Promise((resolve) => child.once('close', resolve));
    await laptop.ok(['slot', 'change', 'keyfile']);
    child.stdin?.end('late value');
    expect(await ended).toBe(0);
    expect((await laptop.ok(['get', 'app/late', '--reveal'])).stdout).toContain('late value');
  });

  test('are changed in the audit log, before and after', async () => {
    await addPassphrase();
    await laptop.ok(['slot', 'remove', 'passphrase']);
    await laptop.run(['slot', 'remove', 'f'.repeat(32)]);
    const shown = JSON.parse((await laptop.ok(['audit', 'show', '--json', '--limit', '100'])).stdout);
    const entries = shown.filter(({ operation }: { operation: string }) => /^slots\.(?:add|remove)$/.test(operation));
    expect(entries.map(({ kind, outcome }: { kind: string; outcome?: string }) => [kind, outcome])).toEqual([
      ['intent', undefined],
      ['outcome', 'committed'],
      ['intent', undefined],
      ['outcome', 'committed'],
    ]);
    expect(JSON.stringify(entries)).not.toContain(passphrase);
  });

  test.each(['keyring', 'passphrase'])('of one kind alone are tried when the configuration says %s', async (kind) => {
    await addPassphrase();
    const text = laptop.read('keyward.yaml');
    laptop.write('keyward.yaml', `${text}\nstore: { slot: ${kind} }\n`);
    expectRefusal(await get(), 7, '(sealed)');
    const opened = await get({ KEYWARD_PASSPHRASE_FILE: byPassphrase()['KEYWARD_PASSPHRASE_FILE'] ?? '' });
    expect(opened.status).toBe(kind === 'passphrase' ? 0 : 7);
  });
});
