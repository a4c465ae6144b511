import { chmodSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rejected } from '../../core/provider-read.contract.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { type CredentialPlaces, readCredential } from './credentials.js';

let home: TemporaryFolder;

beforeEach(() => {
  home = temporaryFolder();
});
afterEach(() => home.remove());

const places = (more: Partial<CredentialPlaces> = {}): CredentialPlaces => ({
  files: {},
  env: {},
  mayUseEnvironment: true,
  origin: 'https://vault.example.com',
  home: home.path('.'),
  ...more,
});

describe('a credential', () => {
  test('comes from the file of the configuration, then the environment, then the home folder', async () => {
    const file = home.write('token', 'of-the-file\n');
    home.write('.vault-token', 'of-the-home\r\n');
    const env = { VAULT_TOKEN: 'of-the-environment' };
    expect(await readCredential('token', places({ files: { token: file }, env }))).toBe('of-the-file');
    expect(await readCredential('token', places({ env }))).toBe('of-the-environment');
    expect(await readCredential('token', places({ env: { ...env, BAO_TOKEN: 'of-bao' } }))).toBe('of-bao');
    expect(await readCredential('token', places())).toBe('of-the-home');
    expect(await readCredential('secretId', places())).toBeUndefined();
  });

  test('is read anew each time', async () => {
    const file = home.write('secret', 'first');
    const read = () => readCredential('secretId', places({ env: { VAULT_SECRET_ID_FILE: file } }));
    expect(await read()).toBe('first');
    home.write('secret', 'second');
    expect(await read()).toBe('second');
  });

  test('of the environment or the home folder is kept from a server that the environment does not name', async () => {
    home.write('.vault-token', 'canary-home');
    const none = places({ mayUseEnvironment: false });
    const env = { VAULT_TOKEN: 'canary-env', VAULT_ROLE_ID: 'canary-role' };
    for (const [part, where] of [
      ['token', none],
      ['token', { ...none, env }],
      ['roleId', { ...none, env }],
    ] as const) {
      const error = await rejected(readCredential(part, where), 'config');
      expect(`${error.message}${error.advice}`).not.toContain('canary');
    }
    const file = home.write('token', 'of-the-file');
    expect(await readCredential('token', { ...none, files: { token: file } })).toBe('of-the-file');
  });

  test('that cannot stand in a header is refused without being repeated', async () => {
    for (const text of ['', 'canary two', 'canary\r\nX-Vault-Namespace: x', '\u0000canary', 'cänary']) {
      const file = home.write('token', text);
      const error = await rejected(readCredential('token', places({ files: { token: file } })), 'config');
      expect(error.message).not.toContain('nary two');
    }
  });

  test('in the home folder is refused when others can read it or it is a link', async () => {
    const file = home.write('.vault-token', 'of-the-home');
    chmodSync(file, 0o640);
    await rejected(readCredential('token', places()), 'config');
  });

  test('in a file that is missing is an error, not an absence', async () => {
    await rejected(readCredential('token', places({ files: { token: home.path('none') } })), 'config');
    await rejected(readCredential('token', places({ env: { VAULT_TOKEN_FILE: home.path('none') } })), 'config');
  });
});
