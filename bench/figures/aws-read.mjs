import { createServer } from 'node:http';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { timeCalls } from '../measure.mjs';

export const title = 'An uncached read from AWS Secrets Manager (a server on this machine), against the SDK alone';

const value = 'a-secret-of-usual-length-0123456789';
const answer = JSON.stringify({
  ARN: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:app/token-AbCdEf',
  Name: 'app/token',
  VersionId: '00000000-0000-4000-8000-000000000001',
  VersionStages: ['AWSCURRENT'],
  CreatedDate: 1.7e9,
  SecretString: value,
});

export async function measure(workshop) {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end(answer));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${server.address().port}`;
  const keys = { accessKeyId: 'x', secretAccessKey: 'x' };
  const client = new SecretsManagerClient({ endpoint, region: 'us-east-1', credentials: keys, maxAttempts: 1 });
  const provider = workshop.keyward.awsProviderKind.create(
    { endpoint, region: 'us-east-1' },
    { name: 'aws', environment: 'production', env: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' } },
  );
  const times = await timeCalls(
    {
      sdk: () => client.send(new GetSecretValueCommand({ SecretId: 'app/token' })),
      provider: () => provider.read({ path: 'app/token' }),
    },
    workshop,
  );
  await provider.close();
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
  const addsMs = Math.max(0.1, times.sdk * 0.05);
  return [{ what: 'read', ms: times.provider, baseline: 'the SDK', baselineMs: times.sdk, bound: { addsMs } }];
}
