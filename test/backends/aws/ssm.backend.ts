import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePath } from '../../../src/core/path.js';
import { payloadText, textPayload } from '../../../src/core/payload.js';
import { rejected } from '../../../src/core/provider-read.contract.js';
import { parseRef } from '../../../src/core/ref.js';
import { FaultProxy } from '../../../src/testing/fault-proxy.js';
import { because, contractOver, faultContractOf, ssmProvider } from './aws-fixture.js';
import { AwsEmulator } from './emulator.js';

const deviations = [
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
];

contractOver('moto', 'ssm', deviations);
contractOver('ministack', 'ssm', deviations);
faultContractOf('ssm');

let moto: AwsEmulator;
beforeAll(async () => {
  moto = await AwsEmulator.moto();
});
afterAll(() => moto?.remove());

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
