import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TemporaryFolder, temporaryFolder } from '../testing/temporary-folder.js';
import { type InitStoreOptions, initStore } from './init-store.js';
import { openStore } from './open-default-store.js';
import { type StoreLocations, storeLocations } from './store-locations.js';

let folder: TemporaryFolder;
let locations: StoreLocations;

beforeEach(() => {
  folder = temporaryFolder();
  locations = storeLocations({ env: {}, home: folder.path('') });
});
afterEach(() => folder.remove());

const init = (options: Partial<InitStoreOptions> = {}) => initStore({ locations, slot: 'keyfile', ...options });

function everyFile(): readonly string[] {
  const names = readdirSync(folder.path(''), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(folder.path(name)).isFile());
}

describe('a new store', () => {
  test('has its data, its key and its state in three folders, all closed to others', async () => {
    const { storeId, keyFile } = await init();
    const parts = [locations.folder, locations.keyFolder, locations.stateFolder(storeId)];
    expect(parts.map((part) => statSync(part).mode & 0o777)).toEqual([0o700, 0o700, 0o700]);
    expect(keyFile).toBe(locations.keyFile(storeId));
    for (const file of everyFile()) expect(statSync(folder.path(file)).mode & 0o077, file).toBe(0);
  });

  test('opens, and is known by the id that it was given', async () => {
    const { storeId } = await init();
    const opened = await openStore({ env: { HOME: folder.path('') } });
    expect(opened.storeId).toBe(storeId);
    expect(await opened.client.seal.status()).toMatchObject({ storeId, epoch: 1, slots: [{ kind: 'keyfile' }] });
    await opened.close();
  });

  test('has a recovery slot only when somebody takes the code', async () => {
    const codes: Uint8Array[] = [];
    await init({ showRecoveryCode: async (code) => void codes.push(code) });
    expect(codes).toHaveLength(1);
    const opened = await openStore({ env: { HOME: folder.path('') } });
    expect((await opened.client.seal.status()).slots.map(({ kind }) => kind)).toEqual(['keyfile', 'recovery']);
    await opened.close();
  });

  test('is not made where something is already, and leaves that as it is', async () => {
    const first = await init();
    await expect(init()).rejects.toMatchObject({ code: 'conflict' });
    expect(readdirSync(locations.keyFolder)).toEqual([`${first.storeId}.key`]);
    rmSync(locations.folder, { recursive: true });
    mkdirSync(locations.folder, { mode: 0o700 });
    writeFileSync(join(locations.folder, 'something'), 'else');
    await expect(init()).rejects.toMatchObject({ code: 'conflict' });
    expect(readdirSync(locations.folder)).toEqual(['something']);
    expect(readdirSync(locations.keyFolder)).toEqual([`${first.storeId}.key`]);
  });

  test.each([
    ['the recovery code could not be shown', { showRecoveryCode: () => Promise.reject(new Error('no printer')) }],
    ['the passphrase was not given', { slot: 'passphrase', askPassphrase: () => Promise.reject(new Error('gave up')) }],
    ['nobody can be asked for a passphrase', { slot: 'passphrase' }],
    ['the passphrase is empty', { slot: 'passphrase', askPassphrase: async () => new Uint8Array(0) }],
  ] as const)('leaves no file behind when %s', async (_name, options) => {
    await expect(init(options)).rejects.toThrow();
    expect(everyFile()).toEqual([]);
    expect(existsSync(locations.folder)).toBe(false);
  });

  test('is not made below a folder that others can look into', async () => {
    mkdirSync(folder.path('.local/share/keyward'), { recursive: true, mode: 0o755 });
    await expect(init()).rejects.toMatchObject({ code: 'config', advice: expect.stringContaining('chmod 700') });
    expect(everyFile()).toEqual([]);
  });

  test('of two that are made at once exactly one stays, with its key and nothing of the other', async () => {
    const both = await Promise.allSettled([init(), init()]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(readdirSync(locations.keyFolder)).toHaveLength(1);
    expect(readdirSync(folder.path('.local/state/keyward'))).toHaveLength(1);
    expect(readdirSync(folder.path('.local/share/keyward'))).toEqual(['default']);
    const opened = await openStore({ env: { HOME: folder.path('') } });
    await opened.close();
  });
});
