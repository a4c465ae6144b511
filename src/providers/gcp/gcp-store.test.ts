import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { parseRef } from '../../core/ref.js';
import { gcpProviderKind } from './gcp.js';

let server: Server;
let folder: string;
let address: string;
const asked: string[] = [];
const permissions = ['secretmanager.versions.access', 'secretmanager.versions.add'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-gcp-'));
  server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url?.split('?')[0]}`);
    outgoing.setHeader('content-type', 'application/json');
    incoming
      .resume()
      .once('end', () => outgoing.end(JSON.stringify(incoming.method === 'POST' ? { permissions } : {})));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  address = `http://127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

async function diagnosed(endpoint: string, ...refs: readonly string[]) {
  const provider = gcpProviderKind.create(
    { project: 'my-project', endpoint, transport: 'rest' },
    {
      name: 'gcp',
      inventory: new Map(),
      isProduction: true,
      environment: 'production',
      folder,
      env: {},
      connectStore: () => Promise.reject(new Error('not needed')),
    },
  );
  const diagnosis = await provider.diagnose?.({ refs: refs.map((ref) => parseRef(ref)), writes: false });
  await provider.close();
  return diagnosis;
}

test('each needed secret is asked about once, and what may be changed there is too much', async () => {
  const diagnosis = await diagnosed(address, 'app/token', 'app/jwt#a', 'app/jwt#b');
  const name = (id: string) => `POST /v1/projects/my-project/secrets/${id}:testIamPermissions`;
  expect(asked.filter((line) => line.startsWith('POST'))).toEqual([name('app--token'), name('app--jwt')]);
  expect(diagnosis?.identity).toBeUndefined();
  expect(diagnosis?.findings).toMatchObject([{ severity: 'warning', cause: expect.stringContaining('and 1 more') }]);
});

test('a key file gives the name of its service account, and a warning', async () => {
  const file = join(folder, 'key.json');
  const account = 'bot@my-project.iam.gserviceaccount.com';
  writeFileSync(file, JSON.stringify({ type: 'service_account', client_email: account, private_key: 'canary' }));
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
  const diagnosis = await diagnosed('https://127.0.0.1:1');
  expect(diagnosis).toMatchObject({ identity: account, findings: [{ severity: 'warning' }] });
  expect(JSON.stringify(diagnosis)).not.toContain('canary');
});
