import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/compose/open-default-store.js';
import { parsePath } from '../../src/core/path.js';
import { textPayload } from '../../src/core/payload.js';
import { copyFolder } from '../copy-folder.js';
import { Laptop } from './cli.js';

let laptop: Laptop;
beforeEach(async () => {
  laptop = await Laptop.initialised();
  for (const name of ['one', 'two', 'three']) await laptop.ok(['set', `app/${name}`], { stdin: `value ${name}` });
});
afterEach(() => laptop.remove());

const open = () => openStore({ role: 'cli', env: laptop.environment() });
const status = async () => {
  const { client, close } = await open();
  try {
    return await client.maintenance.status();
  } finally {
    await close();
  }
};

/** Every value that the store holds reads as it was written. */
async function expectValues(): Promise<void> {
  for (const name of ['one', 'two', 'three']) {
    expect((await laptop.ok(['get', `app/${name}`])).stdout.trim()).toBe(`value ${name}`);
  }
}

describe('keyward store rotate', () => {
  test('seals everything under a new term, says so, and is audited', async () => {
    const ran = await laptop.ok(['store', 'rotate']);
    expect(ran.stdout).toBe('everything is sealed under term 2\n');
    expect(await status()).toMatchObject({ term: 2, isRotating: false });
    await expectValues();
    const log = (await laptop.ok(['audit', 'show', '--json'])).stdout;
    expect(log).toContain('store.rotate');
  });

  test('is learned of by a process that has the store open', async () => {
    const { client, close } = await open();
    await laptop.ok(['store', 'rotate']);
    await laptop.ok(['store', 'rotate']);
    expect(await client.maintenance.status()).toMatchObject({ term: 3 });
    expect((await client.seal.verifyStore()).rows).toBeGreaterThan(0);
    await close();
    await expectValues();
  });
});

describe('keyward store verify', () => {
  test('counts the rows of a sound store', async () => {
    const ran = await laptop.ok(['store', 'verify', '--json']);
    expect(JSON.parse(ran.stdout)).toEqual({ rows: expect.any(Number) });
  });
});

describe('keyward store shred', () => {
  test('leaves the values that are there, and new files', async () => {
    await laptop.ok(['destroy', 'app/one@1', '--yes']);
    const ran = await laptop.ok(['store', 'shred', '--yes']);
    expect(ran.stdout).toContain('term 2');
    expect((await laptop.ok(['get', 'app/two'])).stdout.trim()).toBe('value two');
    expect(readdirSync(laptop.dataFolder)).toContain('rows-2');
    expect(readdirSync(laptop.dataFolder)).not.toContain('data.mdb');
    await laptop.ok(['set', 'app/later'], { stdin: 'later' });
    await laptop.ok(['store', 'verify']);
  });

  test('refuses beside another opening of the store, names its process, and changes nothing', async () => {
    const { close } = await open();
    const before = readFileSync(join(laptop.dataFolder, 'header.kw'));
    const ran = await laptop.run(['store', 'shred', '--yes']);
    expect(ran.status).not.toBe(0);
    expect(ran.stderr).toContain(`is open in process ${process.pid}`);
    expect(readFileSync(join(laptop.dataFolder, 'header.kw')).equals(before)).toBe(true);
    await close();
    await laptop.ok(['store', 'shred', '--yes']);
  });

  test('asks first, and without a terminal does nothing', async () => {
    const ran = await laptop.run(['store', 'shred']);
    expect(ran.stderr).toContain('--yes');
    expect(await status()).toMatchObject({ term: 1 });
  });
});

describe('keyward store accept-rollback', () => {
  const kept = () => join(laptop.home, 'kept');

  async function putBackOldData(): Promise<void> {
    copyFolder(laptop.dataFolder, kept());
    await laptop.ok(['set', 'app/one'], { stdin: 'later' });
    rmSync(laptop.dataFolder, { recursive: true });
    copyFolder(kept(), laptop.dataFolder);
  }

  test('says how far the store is behind, accepts it, and nothing warns any more', async () => {
    await putBackOldData();
    const ran = await laptop.ok(['store', 'accept-rollback', '--yes']);
    expect(ran.stderr).toContain('commits that are missing: 1');
    expect(ran.stdout).toBe('accepted: the store goes on in epoch 2\n');
    const after = await laptop.ok(['get', 'app/one']);
    expect(after.stdout.trim()).toBe('value one');
    expect(after.stderr).not.toMatch(/older/);
    const opened = await openStore({ env: laptop.environment() });
    await opened.close();
    expect((await laptop.ok(['audit', 'show', '--json'])).stdout).toContain('store.accept-rollback');
  });

  test('asks first: without a terminal and without --yes nothing is accepted', async () => {
    await putBackOldData();
    const ran = await laptop.run(['store', 'accept-rollback']);
    expect(ran.status).not.toBe(0);
    expect((await laptop.run(['get', 'app/one'])).stderr).toMatch(/older/);
  });

  test('is not undone by a process that opened the store before and writes after it', async () => {
    await putBackOldData();
    const { client, close } = await open();
    await laptop.ok(['store', 'accept-rollback', '--yes']);
    await client.secrets.write(parsePath('bot/app/other'), { payload: textPayload('x') });
    await close();
    expect((await laptop.ok(['get', 'app/one'])).stderr).not.toMatch(/older/);
  });

  test('has nothing to do for a store that agrees with its anchor', async () => {
    const ran = await laptop.ok(['store', 'accept-rollback', '--yes']);
    expect(ran.stdout).toContain('nothing to accept');
  });
});
