import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePath } from '../../src/core/path.js';
import { textPayload } from '../../src/core/payload.js';
import { rejected } from '../../src/core/provider-read.contract.js';
import { issueCertificate, OpenBao } from './openbao.js';
import { putSecret, vaultProvider } from './vault-fixture.js';

const path = parsePath('app/token');
const value = textPayload('x');
let server: OpenBao;
let guarded: OpenBao;

beforeAll(async () => {
  server = await OpenBao.start();
  guarded = await OpenBao.start({ tls: issueCertificate(server), requiresCertificate: true });
  await putSecret(server, 'secret/data/app/token', value);
  guarded.run('kv', 'put', 'secret/app/token', 'value=x');
});
/** A certificate that the server's authority did not issue, and its key. */
function foreign(): Readonly<Record<string, string>> {
  const [certificate, key] = ['foreign.pem', 'foreign-key.pem'].map((name) => join(guarded.folder, name));
  const made = ['-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x', '-out', certificate ?? '', '-keyout', key ?? ''];
  execFileSync('openssl', ['req', '-x509', ...made], { stdio: 'pipe' });
  return { VAULT_CLIENT_CERT: certificate ?? '', VAULT_CLIENT_KEY: key ?? '' };
}
afterAll(async () => {
  await guarded?.remove();
  await server?.remove();
});

describe('a socket of this machine', () => {
  const env = (place: string) => ({ VAULT_ADDR: `unix://${place}`, VAULT_TOKEN: server.rootToken });

  test('is spoken to as the address names it, and looked at', async () => {
    const provider = vaultProvider(server, {}, env(join(server.folder, 'socket')));
    expect((await provider.read({ path }))?.payload).toEqual(value);
    expect(await provider.health()).toEqual({ status: 'healthy', findings: [] });
    expect((await provider.diagnose?.({ refs: [{ path }], writes: false }))?.identity).toContain('root');
    await provider.close();
  });

  test('that is not there is an outage, and one of the configuration gets no token of the environment', async () => {
    await rejected(vaultProvider(server, {}, env(join(server.folder, 'none'))).read({ path }), 'unavailable');
    const address = `unix://${join(server.folder, 'socket')}`;
    const elsewhere = { VAULT_ADDR: server.address, VAULT_TOKEN: server.rootToken };
    await rejected(vaultProvider(server, { address }, elsewhere).read({ path }), 'config');
    await rejected(vaultProvider(server, {}, env('socket')).read({ path }), 'config');
  });
});

describe('a server that wants a certificate', () => {
  const env = (more: Readonly<Record<string, string>>) => ({
    VAULT_ADDR: guarded.address,
    VAULT_TOKEN: guarded.rootToken,
    VAULT_CACERT: join(guarded.folder, 'ca.pem'),
    ...more,
  });
  const own = () => ({
    VAULT_CLIENT_CERT: join(guarded.folder, 'certificate'),
    VAULT_CLIENT_KEY: join(guarded.folder, 'private'),
  });

  test('is shown the one of VAULT_CLIENT_CERT', async () => {
    const provider = vaultProvider(guarded, {}, env(own()));
    expect((await provider.read({ path }))?.payload).toEqual(value);
    expect((await provider.health()).status).toBe('healthy');
    await provider.close();
  });

  test('lets nobody in without one, or with one of another authority', async () => {
    const error = await rejected(vaultProvider(guarded, {}, env({})).read({ path }), 'unauthenticated');
    expect(error.advice).toContain('VAULT_CLIENT_CERT');
    await rejected(vaultProvider(guarded, {}, env(foreign())).read({ path }), 'unauthenticated');
    expect(JSON.stringify([error.message, error.cause])).not.toContain(guarded.rootToken);
  });
});
