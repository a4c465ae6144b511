import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openSecrets } from '../../src/index.js';
import { Laptop } from './cli.js';

test('a program that hands in who signs requests to AWS reads as that one, and not as the environment says', async () => {
  const signers: string[] = [];
  const server = createServer((request, response) => {
    signers.push(/Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? 'nobody');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { SecretId } = JSON.parse(Buffer.concat(chunks).toString());
      const isThere = SecretId === 'app/token';
      response.writeHead(isThere ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
      const version = { VersionId: randomUUID(), VersionStages: ['AWSCURRENT'], CreatedDate: 1_700_000_000 };
      const ARN = `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${SecretId}-AbCdEf`;
      const held = { ARN, Name: SecretId, SecretString: 'of-aws', ...version };
      response.end(JSON.stringify(isThere ? held : { __type: 'ResourceNotFoundException' }));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const laptop = new Laptop();
  const config = laptop.write('keyward.yaml', 'project: bot\nproviders: [{ aws: {} }]\n');
  const secrets = await openSecrets({
    config,
    env: {
      ...laptop.environment(),
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'OFENVIRONMENT',
      AWS_SECRET_ACCESS_KEY: 'x',
    },
    identities: { aws: async () => ({ accessKeyId: 'HANDEDIN', secretAccessKey: 'y' }) },
  });
  onTestFinished(async () => {
    await secrets.close();
    server.closeAllConnections();
    server.close();
    laptop.remove();
  });
  expect((await secrets.get('app/token')).expose()).toBe('of-aws');
  expect(new Set(signers)).toEqual(new Set(['HANDEDIN']));
});
