import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Path, parsePath } from '../../../src/core/path.js';
import { type Payload, payloadText, textPayload } from '../../../src/core/payload.js';
import { providerContract } from '../../../src/core/provider.contract.js';
import type { Provider } from '../../../src/core/provider.js';
import { providerFaultContract } from '../../../src/core/provider-faults.contract.js';
import { rejected } from '../../../src/core/provider-read.contract.js';
import { parseRef } from '../../../src/core/ref.js';
import { ssmProviderKind } from '../../../src/providers/ssm/ssm.js';
import { FaultProxy } from '../../../src/testing/fault-proxy.js';
import { awsKeys } from './aws-fixture.js';
import { Moto } from './moto.js';

const runner = { describe, test, skip: test.skip };

let moto: Moto;
let count = 0;

beforeAll(async () => {
  moto = await Moto.start();
});
afterAll(() => moto?.remove());

const ssmProvider = (address: string, prefix?: string): Provider =>
  ssmProviderKind.create(
    { endpoint: address, region: 'us-east-1', prefix },
    {
      name: 'ssm',
      inventory: new Map(),
      isProduction: true,
      environment: 'production',
      folder: '/',
      env: awsKeys,
      connectStore: () => Promise.reject(new Error('not needed')),
    },
  );

/** Puts parameters as the service's own tools would, one after the other. */
function seedBelow(prefix: string) {
  const credentials = { accessKeyId: 'other', secretAccessKey: 'other' };
  const client = new SSMClient({ endpoint: moto.address, region: 'us-east-1', credentials, maxAttempts: 1 });
  let last = Promise.resolve();
  return (path: Path, payload: Payload): Promise<void> => {
    last = last.then(async () => {
      const input = { Name: `/${prefix}/${path}`, Value: payloadText(payload), Type: 'SecureString', Overwrite: true };
      await client.send(new PutParameterCommand({ ...input, Type: 'SecureString' }));
    });
    return last;
  };
}

const because = (reason: string, ...tests: readonly string[]) => tests.map((name) => ({ test: name, reason }));

providerContract(
  runner,
  'ssm over moto',
  async () => {
    count += 1;
    const prefix = `case-${count}`;
    const provider = ssmProvider(moto.address, prefix);
    return { subject: { provider, seed: seedBelow(prefix) }, dispose: () => provider.close() };
  },
  [
    ...because('the service holds no empty values', 'takes an empty text for a value', 'writes an empty value'),
    ...because('the service holds texts only', 'gives binary back exactly'),
    ...because('a name has letters, digits and _.- only', 'keeps every character that a path may have'),
    ...because('the service knows no such token', 'makes one version of a write that is repeated with its token'),
    ...because(
      'notes are not kept',
      'replaces metadata only while it is what was expected',
      'keeps metadata when only the value is written, and the value when only metadata is',
    ),
    ...because(
      'a parameter is deleted as a whole and for good',
      'hides a removed secret as deleted, or declares that it cannot',
      'destroys one version for good and leaves the others',
      'purges a secret as if it had never been',
      'says not_found when there is nothing to remove',
    ),
  ],
);

providerFaultContract(
  runner,
  'ssm over moto',
  async () => {
    count += 1;
    const prefix = `case-${count}`;
    const proxy = await FaultProxy.start(moto);
    const other = await FaultProxy.start();
    const provider = ssmProvider(proxy.address, prefix);
    return {
      subject: {
        provider,
        seed: seedBelow(prefix),
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

describe('a parameter', () => {
  const path = parsePath('app/token');
  const text = (value: string) => ({ payload: textPayload(value) });

  test('is deleted for good, and says so when it is not there', async () => {
    const provider = ssmProvider(moto.address, 'purge');
    await provider.write(path, text('x'));
    await rejected(provider.remove({ path }, { mode: 'soft' }), 'unsupported');
    await provider.remove({ path }, { mode: 'purge' });
    expect(await provider.read({ path })).toBeUndefined();
    await rejected(provider.remove({ path }, { mode: 'purge' }), 'not_found');
  });

  test('is refused before anything is sent where the service cannot hold it', async () => {
    const proxy = await FaultProxy.start(moto);
    const provider = ssmProvider(proxy.address);
    await rejected(provider.write(path, text('')), 'unsupported');
    await rejected(provider.write(path, text('x'.repeat(8193))), 'too_large');
    await rejected(provider.write(path, text('x'), { ifVersion: 0 }), 'unsupported');
    await rejected(provider.write(path, { ...text('x'), metadata: { a: 'b' } }), 'unsupported');
    await rejected(provider.read(parseRef('app/a+b')), 'invalid');
    expect(proxy.requests).toEqual([]);
    await provider.write(path, text('x'.repeat(8192)));
    await proxy.stop();
  });

  test('is one of up to ten that are read with one request', async () => {
    const proxy = await FaultProxy.start(moto);
    const provider = ssmProvider(proxy.address, 'many');
    const names = Array.from({ length: 20 }, (_, i) => `s${i}`);
    for (const name of names) await provider.write(parsePath(name), text(name));
    await proxy.heal();
    const found = await provider.readMany([...names, 'absent'].map(parseRef));
    expect(found.map((one) => one && 'payload' in one && payloadText(one.payload))).toEqual([...names, undefined]);
    expect(proxy.requests).toHaveLength(3);
    await proxy.stop();
  });
});

test('doctor hears who signs and that the key does not end, and nothing of a parameter that is absent', async () => {
  const proxy = await FaultProxy.start(moto);
  const provider = ssmProvider(proxy.address, 'looked-at');
  await provider.write(parsePath('app/token'), { payload: textPayload('canary-value') });
  await proxy.heal();
  const diagnosis = await provider.diagnose?.({ refs: ['app/token', 'app/absent'].map(parseRef), writes: false });
  expect(diagnosis?.identity).toMatch(/access key …0000$/);
  expect(diagnosis?.findings.map(({ severity }) => severity)).toEqual(['warning']);
  expect(JSON.stringify(diagnosis)).not.toContain('canary');
  expect(proxy.requests.map(({ headers }) => headers['x-amz-target'])).toEqual([
    'AmazonSSM.GetParameter',
    'AmazonSSM.GetParameter',
    undefined,
  ]);
  await provider.close();
  await proxy.stop();
});
