import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Finding } from '../core/finding.js';
import { parsePath } from '../core/path.js';
import { textPayload } from '../core/payload.js';
import { initStore } from './init-store.js';
import { openStore } from './open-default-store.js';
import { anchorPath, type StoreLocations, storeLocations } from './store-locations.js';

let home: string;
let locations: StoreLocations;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'keyward-open-store-'));
  locations = storeLocations({ env: {}, home });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const open = (findings: Finding[] = [], env: Record<string, string> = {}) =>
  openStore({ env: { HOME: home, ...env }, onFinding: (finding) => findings.push(finding) });

describe('opening a store', () => {
  test('gives no finding when nothing happened to it', async () => {
    await initStore({ locations, slot: 'keyfile' });
    const findings: Finding[] = [];
    const store = await open(findings);
    await store.client.secrets.write(parsePath('app/x'), { payload: textPayload('v') });
    await store.close();
    await (await open(findings)).close();
    expect(findings).toEqual([]);
  });

  test('with its anchor gone makes it anew, says so, and keeps that on record', async () => {
    const { storeId } = await initStore({ locations, slot: 'keyfile' });
    rmSync(anchorPath(locations.stateFolder(storeId)));
    const findings: Finding[] = [];
    const store = await open(findings);
    const records = await store.client.audit.show();
    await store.close();
    expect(findings).toMatchObject([{ severity: 'warning', cause: expect.stringContaining('anchor') }]);
    expect(records).toContainEqual(
      expect.objectContaining({
        operation: 'store.opened',
        details: expect.objectContaining(findings[0] && { cause: findings[0].cause }),
      }),
    );
  });

  test('whose key file is gone names where it belongs', async () => {
    const { keyFile = '' } = await initStore({ locations, slot: 'keyfile' });
    renameSync(keyFile, `${keyFile}.moved`);
    await expect(open()).rejects.toMatchObject({ code: 'sealed', advice: expect.stringContaining(keyFile) });
    const elsewhere = await open([], { KEYWARD_KEY_FILE: `${keyFile}.moved` });
    await elsewhere.close();
  });

  test('by a passphrase in a file works where nobody can be asked, and a wrong one is refused', async () => {
    const passphrase = (text: string) => new TextEncoder().encode(text);
    await initStore({ locations, slot: 'passphrase', askPassphrase: async () => passphrase('correct horse') });
    const file = join(home, 'passphrase');
    writeFileSync(file, 'correct horse\n', { mode: 0o600 });
    await (await open([], { KEYWARD_PASSPHRASE_FILE: file })).close();
    writeFileSync(file, 'wrong horse');
    await expect(open([], { KEYWARD_PASSPHRASE_FILE: file })).rejects.toMatchObject({ code: 'sealed' });
    await expect(open()).rejects.toMatchObject({ code: 'sealed' });
  });

  test('that is not there tells to make one, and leaves nothing behind', async () => {
    await expect(open()).rejects.toMatchObject({ code: 'config', advice: 'Run: keyward init' });
    expect(readdirSync(home)).toEqual([]);
  });
});
