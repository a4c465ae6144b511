import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rejected } from '../../core/provider-read.contract.js';
import { SecretsApi } from './secrets-api.js';

let server: Server;
let api: SecretsApi;
let body: Readonly<Record<string, unknown>>;
const current = { VersionStage: 'AWSCURRENT' };

beforeAll(async () => {
  server = createServer((incoming, outgoing) => {
    incoming.resume().once('end', () => outgoing.end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const place = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', profile: undefined };
  api = await SecretsApi.connect('aws', place, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' });
});
afterAll(async () => {
  api.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('an answer about another secret is no answer', async () => {
  body = { Name: 'app/token', SecretString: 'x' };
  expect(await api.get('app/token', current, undefined)).toMatchObject({ SecretString: 'x' });
  await rejected(api.get('app/token-AbCdEf', current, undefined), 'integrity');
  await rejected(api.describe('app/token-AbCdEf', undefined), 'integrity');
});

test('a listing that never ends is given up', async () => {
  body = { SecretList: [], NextToken: 'again' };
  const names = async () => {
    for await (const name of api.names('', undefined)) expect(name).toBe('never');
  };
  await rejected(names(), 'invalid');
});
