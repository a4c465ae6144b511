import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as sdk from '@aws-sdk/client-secrets-manager';
import type { Path } from '../../../src/core/path.js';
import type { Payload } from '../../../src/core/payload.js';
import { payloadText } from '../../../src/core/payload.js';
import type { Provider } from '../../../src/core/provider.js';
import type { ProviderContext } from '../../../src/core/provider-kind.js';
import { awsProviderKind } from '../../../src/providers/aws/aws.js';

export const awsKeys = {
  AWS_ACCESS_KEY_ID: 'AKIACANARYKEYID00000',
  AWS_SECRET_ACCESS_KEY: 'canary-of-the-secret-access-key',
};

/** The provider as a configuration entry makes it, in this environment and no other. */
export function awsProvider(
  address: string,
  options: Parameters<typeof awsProviderKind.create>[0] = {},
  env: Readonly<Record<string, string>> = awsKeys,
  more: Partial<ProviderContext> = {},
): Provider {
  return awsProviderKind.create(
    { endpoint: address, region: 'us-east-1', ...options },
    {
      name: 'aws',
      inventory: new Map(),
      isProduction: true,
      environment: 'production',
      folder: '/',
      env,
      connectStore: () => Promise.reject(new Error('not needed')),
      ...more,
    },
  );
}

/** The official client, as another tool would use it. */
export function bareClient(address: string): SecretsManagerClient {
  const credentials = { accessKeyId: 'other', secretAccessKey: 'other' };
  return new sdk.SecretsManagerClient({ endpoint: address, region: 'us-east-1', credentials, maxAttempts: 1 });
}

/** Puts secrets below a prefix, as the service's own tools would; one after the other, which emulators need. */
export function seedBelow(client: SecretsManagerClient, prefix: string) {
  let last = Promise.resolve();
  return (path: Path, payload: Payload): Promise<void> => {
    last = last.then(() => put(client, `${prefix}/${path}`, payload));
    return last;
  };
}

async function put(client: SecretsManagerClient, name: string, payload: Payload): Promise<void> {
  const value =
    payload.kind === 'text' ? { SecretString: payloadText(payload) } : { SecretBinary: Uint8Array.from(payload.bytes) };
  try {
    await client.send(new sdk.PutSecretValueCommand({ SecretId: name, ...value }));
  } catch (error) {
    if (!(error instanceof sdk.ResourceNotFoundException)) throw error;
    await client.send(new sdk.CreateSecretCommand({ Name: name, ...value }));
  }
}
