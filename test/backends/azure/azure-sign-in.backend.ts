import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parsePath } from '../../../src/core/path.js';
import { textPayload } from '../../../src/core/payload.js';
import { rejected } from '../../../src/core/provider-read.contract.js';
import { member } from '../../../src/providers/azure/azure-errors.js';
import { azureProvider } from './azure-fixture.js';
import { AzureStandIn } from './azure-stand-in.js';

const path = parsePath('app/token');
let server: AzureStandIn;

beforeAll(async () => {
  server = await AzureStandIn.start();
});
afterAll(() => server?.remove());
afterEach(() => vi.unstubAllEnvs());

describe('the sign-in', () => {
  beforeEach(() => {
    server.clear();
    server.state.seed('app--token', { value: 'x' });
  });

  test('at a managed identity that does not answer is an outage', async () => {
    vi.stubEnv('IDENTITY_ENDPOINT', 'http://127.0.0.1:9/msi/token');
    vi.stubEnv('IDENTITY_HEADER', 'x');
    await rejected(azureProvider(server, {}, { env: process.env }).read({ path }), 'unavailable');
  });

  test('by the identity that a program hands in needs no other', async () => {
    const { IDENTITY_ENDPOINT: endpoint = '', IDENTITY_HEADER: header = '' } = server.tokens.env;
    const scopes: unknown[] = [];
    const getToken = async (asked: string | string[]) => {
      scopes.push(asked);
      const url = `${endpoint}?resource=${encodeURIComponent('https://vault.azure.net')}`;
      const answer: unknown = await (await fetch(url, { headers: { 'x-identity-header': header } })).json();
      return { token: String(member(answer, 'access_token')), expiresOnTimestamp: Date.now() + 3_600_000 };
    };
    const provider = azureProvider(server, {}, { identity: { getToken } });
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('x'));
    expect(scopes).toHaveLength(1);
    const fails = (error: unknown) =>
      azureProvider(server, {}, { identity: { getToken: () => Promise.reject(error) } });
    const refused = await rejected(fails(new Error('CANARY')).read({ path }), 'unauthenticated');
    expect(JSON.stringify([refused.message, refused.advice, refused.cause])).not.toContain('CANARY');
    await rejected(fails(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })).read({ path }), 'unavailable');
    const none = azureProvider(server, {}, { identity: { getToken: async () => null } });
    await rejected(none.read({ path }), 'unauthenticated');
  });
});
