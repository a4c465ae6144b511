import { SecretClient } from '@azure/keyvault-secrets';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HttpClient } from '../../clients/http/http-client.js';
import { systemClock } from '../../core/clock.js';
import { FaultProxy } from '../../testing/fault-proxy.js';
import { azureTransport, readChallenge } from './azure-transport.js';
import { parseVault } from './azure-vault.js';

const authorization = 'authorization="https://login.microsoftonline.com/tenant"';
const json = { 'content-type': 'application/json' };

describe('the requests of the package', () => {
  let server: FaultProxy;
  let other: FaultProxy;
  let http: HttpClient;
  let client: SecretClient;
  let scopes: (string | string[])[];

  beforeEach(async () => {
    server = await FaultProxy.start();
    other = await FaultProxy.start();
    scopes = [];
    const vault = parseVault(server.address, undefined, 'azure');
    http = new HttpClient({ store: 'azure', address: vault.address, caSetting: 'ca', clock: systemClock });
    const credential = {
      getToken: async (asked: string | string[]) => {
        scopes.push(asked);
        return { token: 'a-token', expiresOnTimestamp: systemClock.now() + 3_600_000 };
      },
    };
    client = new SecretClient(vault.address.origin, credential, {
      httpClient: azureTransport({ store: 'azure', vault, http, clock: systemClock }),
      retryOptions: { maxRetries: 0 },
      allowInsecureConnection: true,
      disableChallengeResourceVerification: true,
    });
  });
  afterEach(async () => {
    http.close();
    await server.stop();
    await other.stop();
  });

  const answers = (body: string, status = 200, headers: Readonly<Record<string, string>> = {}) =>
    server.script(({ headers: { authorization: token } }) =>
      token === undefined
        ? {
            kind: 'answer',
            status: 401,
            headers: { ...json, 'www-authenticate': `Bearer ${authorization}, resource="https://127.0.0.1"` },
            body: '{"error":{"code":"Unauthorized"}}',
          }
        : { kind: 'answer', status, headers: { ...json, ...headers }, body },
    );

  test('carry a token for the vault and stay on its server', async () => {
    await answers(JSON.stringify({ value: [], nextLink: `${other.address}/secrets?api-version=7.4` }));
    const pages = client.listPropertiesOfSecrets().byPage();
    await pages.next();
    await expect(pages.next()).rejects.toMatchObject({ code: 'integrity' });
    expect(scopes).toEqual([['https://127.0.0.1/.default']]);
    expect(other.requests).toEqual([]);
  });

  test('get no answer that Key Vault cannot have given', async () => {
    for (const body of [
      '',
      '{}',
      '[]',
      'null',
      '"x"',
      '{"value":"x"}',
      '{"value":["x"]}',
      '{"id":1}',
      '<html>',
      '{"id":"x"',
    ]) {
      await answers(body);
      await expect(client.getSecret('x'), body).rejects.toMatchObject({ code: 'invalid' });
    }
    for (const body of ['', '{}', '{"error":"x"}', '{"error":{"message":"x"}}', '{"message":"no such route"}']) {
      await answers(body, 404);
      await expect(client.getSecret('x'), body).rejects.toMatchObject({ code: 'invalid' });
    }
  });

  test('ask for no compression, which could hide how long an answer is', async () => {
    await answers('{"error":{"code":"SecretNotFound"}}', 404);
    await client.getSecret('x').catch(() => undefined);
    expect(server.requests.map(({ headers }) => headers['accept-encoding'])).toEqual([undefined, undefined]);
  });
});

describe('a challenge', () => {
  test('is read in every wording, and shown in one', () => {
    expect(readChallenge(`Bearer ${authorization}, resource="https://vault.azure.net"`)).toEqual({
      resource: 'https://vault.azure.net',
      text: `Bearer ${authorization}, resource="https://vault.azure.net"`,
    });
    expect(readChallenge('bearer scope="https://vault.azure.net/.default",error="insufficient_claims"')).toEqual({
      resource: 'https://vault.azure.net',
      text: 'Bearer error="insufficient_claims", resource="https://vault.azure.net"',
    });
    expect(readChallenge('Bearer error="insufficient_claims", claims="e30="')?.resource).toBeUndefined();
  });

  test('that can be read in two ways is none', () => {
    for (const header of [
      '',
      'Bearer',
      'Basic realm="x"',
      'Bearer resource=https://vault.azure.net',
      'Bearer resource="a", resource="b"',
      'Bearer resource="a" resource="b"',
      'Bearer resource="a", Bearer resource="b"',
      'Bearer resource="a\\"b"',
      'Basic x="y", Bearer resource="a"',
    ]) {
      expect(readChallenge(header), header).toBeUndefined();
    }
  });
});
