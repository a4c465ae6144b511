import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as sdk from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Deviation } from '../../../src/core/contract.js';
import type { Path } from '../../../src/core/path.js';
import type { Payload } from '../../../src/core/payload.js';
import { payloadText } from '../../../src/core/payload.js';
import { providerContract } from '../../../src/core/provider.contract.js';
import type { Provider } from '../../../src/core/provider.js';
import { providerFaultContract } from '../../../src/core/provider-faults.contract.js';
import type { ProviderContext } from '../../../src/core/provider-kind.js';
import { awsProviderKind } from '../../../src/providers/aws/aws.js';
import { ssmProviderKind } from '../../../src/providers/ssm/ssm.js';
import { FaultProxy } from '../../../src/testing/fault-proxy.js';
import { AwsEmulator } from './emulator.js';

type Env = Readonly<Record<string, string>>;
type Seed = (path: Path, payload: Payload) => Promise<void>;

export const awsKeys = {
  AWS_ACCESS_KEY_ID: 'AKIACANARYKEYID00000',
  AWS_SECRET_ACCESS_KEY: 'canary-of-the-secret-access-key',
};

const region = 'us-east-1';
const runner = { describe, test, skip: test.skip };

/** A project in production, in this environment and no other. */
const contextOf = (name: string, env: Env, more: Partial<ProviderContext> = {}): ProviderContext => ({
  name,
  inventory: new Map(),
  isProduction: true,
  environment: 'production',
  folder: '/',
  env,
  connectStore: () => Promise.reject(new Error('not needed')),
  ...more,
});

/** The providers as a configuration entry makes them. */
export function awsProvider(
  address: string,
  options: Parameters<typeof awsProviderKind.create>[0] = {},
  env: Env = awsKeys,
  more: Partial<ProviderContext> = {},
): Provider {
  return awsProviderKind.create({ endpoint: address, region, ...options }, contextOf('aws', env, more));
}
export function ssmProvider(address: string, prefix?: string): Provider {
  return ssmProviderKind.create({ endpoint: address, region, prefix }, contextOf('ssm', awsKeys));
}

const foreign = (endpoint: string) => ({
  endpoint,
  region,
  credentials: { accessKeyId: 'other', secretAccessKey: 'other' },
  maxAttempts: 1,
});

/** The official client, as another tool would use it. */
export function bareClient(address: string): SecretsManagerClient {
  return new sdk.SecretsManagerClient(foreign(address));
}

async function putSecret(address: string, name: string, payload: Payload): Promise<void> {
  const client = bareClient(address);
  const value =
    payload.kind === 'text' ? { SecretString: payloadText(payload) } : { SecretBinary: Uint8Array.from(payload.bytes) };
  try {
    await client.send(new sdk.PutSecretValueCommand({ SecretId: name, ...value }));
  } catch (error) {
    if (!(error instanceof sdk.ResourceNotFoundException)) throw error;
    await client.send(new sdk.CreateSecretCommand({ Name: name, ...value }));
  }
}

async function putParameter(address: string, name: string, payload: Payload): Promise<void> {
  const input = { Name: `/${name}`, Value: payloadText(payload), Type: 'SecureString', Overwrite: true } as const;
  await new SSMClient(foreign(address)).send(new PutParameterCommand(input));
}

const stores = {
  aws: { provider: (address: string, prefix: string) => awsProvider(address, { prefix }), put: putSecret },
  ssm: { provider: ssmProvider, put: putParameter },
};

/** Puts secrets below a prefix, as the service's own tools would; one after the other, which emulators need. */
function seedBelow(put: typeof putSecret, address: string, prefix: string): Seed {
  let last = Promise.resolve();
  return (path, payload) => {
    last = last.then(() => put(address, `${prefix}/${path}`, payload));
    return last;
  };
}

/** Runs the body's tests over an emulator of their own. */
function over(
  emulator: 'moto' | 'ministack',
  body: (server: () => AwsEmulator, nextPrefix: () => string) => void,
): void {
  describe(emulator, () => {
    let server: AwsEmulator;
    let count = 0;
    beforeAll(async () => {
      server = await AwsEmulator[emulator]();
    });
    afterAll(() => server?.remove());
    body(
      () => server,
      () => {
        count += 1;
        return `case-${count}`;
      },
    );
  });
}

/** The whole contract over an emulator. */
export function contractOver(
  emulator: 'moto' | 'ministack',
  store: keyof typeof stores,
  deviations: readonly Deviation[],
): void {
  const { provider: providerAt, put } = stores[store];
  over(emulator, (server, nextPrefix) => {
    providerContract(
      runner,
      `${store} over ${emulator}`,
      async () => {
        const { address } = server();
        const prefix = nextPrefix();
        const provider = providerAt(address, prefix);
        return { subject: { provider, seed: seedBelow(put, address, prefix) }, dispose: () => provider.close() };
      },
      deviations,
    );
  });
}

/** The whole contract of faults, with moto behind the wire that fails. */
export function faultContractOf(store: keyof typeof stores): void {
  const { provider: providerAt, put } = stores[store];
  over('moto', (server, nextPrefix) => {
    providerFaultContract(
      runner,
      `${store} over moto`,
      async () => {
        const prefix = nextPrefix();
        const proxy = await FaultProxy.start(server());
        const other = await FaultProxy.start();
        const provider = providerAt(proxy.address, prefix);
        return {
          subject: {
            provider,
            seed: seedBelow(put, server().address, prefix),
            spoil: (fault, times) => proxy.spoil(fault, times === undefined ? {} : { count: times }),
            heal: () => proxy.heal(),
            arrival: () => proxy.arrival(),
            elsewhere: { address: other.address, requests: () => other.requests.length },
            credentials: Object.values(awsKeys),
          },
          dispose: async () => {
            await provider.close();
            await proxy.stop();
            await other.stop();
          },
        };
      },
      because(
        'the service throttles with 400 and never says how long; the chain asks again',
        'asks again at once when the server says so',
      ),
    );
  });
}

/** The same reason for several cases that are left out. */
export function because(reason: string, ...tests: readonly string[]): readonly Deviation[] {
  return tests.map((name) => ({ test: name, reason }));
}
