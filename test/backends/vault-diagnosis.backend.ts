import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRef } from '../../src/core/ref.js';
import { issueCertificate, OpenBao } from './openbao.js';
import { vaultProvider } from './vault-fixture.js';

const readOnly = 'path "secret/data/app/*" { capabilities = ["read"] }';
const readAndWrite = 'path "secret/data/app/*" { capabilities = ["create", "read", "update"] }';

let server: OpenBao;
let secured: OpenBao;

beforeAll(async () => {
  server = await OpenBao.start();
  for (const [name, text] of Object.entries({ reads: readOnly, writes: readAndWrite })) {
    writeFileSync(join(server.folder, `${name}.hcl`), text);
    server.run('policy', 'write', name, `${name}.hcl`);
  }
  secured = await OpenBao.start({ tls: issueCertificate(server, '60h') });
});
afterAll(async () => {
  await secured?.remove();
  await server?.remove();
});

const needs = (writes: boolean) => ({ refs: [parseRef('app/token'), parseRef('app/jwt#key')], writes });

function tokenWith(...options: readonly string[]): string {
  const { auth } = server.ask('token', 'create', ...options);
  return typeof auth === 'object' && auth !== null ? String(Reflect.get(auth, 'client_token')) : '';
}

async function diagnosed(token: string, writes: boolean) {
  const provider = vaultProvider(server, {}, { VAULT_ADDR: server.address, VAULT_TOKEN: token });
  const diagnosis = await provider.diagnose?.(needs(writes));
  await provider.close();
  const findings = diagnosis?.findings ?? [];
  expect(JSON.stringify(diagnosis)).not.toContain(token);
  return { identity: diagnosis?.identity, findings: findings.map(({ severity, cause }) => `${severity}: ${cause}`) };
}

describe('what Vault says of us', () => {
  test('a token that may do what is needed and no more is without findings', async () => {
    const identity = 'token (policies: default, reads)';
    expect(await diagnosed(tokenWith('-policy=reads', '-ttl=1h'), false)).toEqual({ identity, findings: [] });
    expect((await diagnosed(tokenWith('-policy=writes', '-ttl=1h'), true)).findings).toEqual([]);
  });

  test('what it may not do and has to is an error for each place', async () => {
    expect((await diagnosed(tokenWith('-policy=reads', '-ttl=1h'), true)).findings).toEqual([
      'error: the token lacks create, update on secret/data/app/token',
      'error: the token lacks create, update on secret/data/app/jwt',
    ]);
  });

  test('what it may change and nothing here writes is a warning', async () => {
    expect((await diagnosed(tokenWith('-policy=writes', '-ttl=1h'), false)).findings).toEqual([
      'warning: the token may also change secret/data/app/token and 1 more, and nothing here writes to it',
    ]);
  });

  test('a root token is an error', async () => {
    const { identity, findings } = await diagnosed(server.rootToken, false);
    expect(identity).toContain('root');
    expect(findings).toEqual(['error: the token is a root token: it may do everything']);
  });

  test('a certificate that ends soon is a warning before it fails', async () => {
    const env = {
      VAULT_ADDR: secured.address,
      VAULT_TOKEN: secured.rootToken,
      VAULT_CACERT: join(secured.folder, 'ca.pem'),
    };
    const diagnosis = await vaultProvider(secured, {}, env).diagnose?.(needs(false));
    expect(diagnosis?.findings).toContainEqual(
      expect.objectContaining({
        severity: 'warning',
        cause: expect.stringMatching(/its certificate ends in [12] days/),
      }),
    );
  });
});
