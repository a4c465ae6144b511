import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isKeywardError } from '../../../src/core/errors.js';
import { parsePath } from '../../../src/core/path.js';
import { binaryPayload, payloadText, textPayload } from '../../../src/core/payload.js';
import type { Provider } from '../../../src/core/provider.js';
import { listed, rejected } from '../../../src/core/provider-read.contract.js';
import { parseRef } from '../../../src/core/ref.js';
import { FaultProxy } from '../../../src/testing/fault-proxy.js';
import { awsProvider, bareClient } from './aws-fixture.js';
import { AwsEmulator } from './emulator.js';
import { answer, RecordedService, refusal } from './recorded-service.js';

let moto: AwsEmulator;
let proxy: FaultProxy;
let bare: SecretsManagerClient;
let provider: Provider;
let service: RecordedService;

beforeAll(async () => {
  moto = await AwsEmulator.moto();
  proxy = await FaultProxy.start(moto);
  service = await RecordedService.start();
  bare = bareClient(moto.address);
});
afterAll(async () => {
  await proxy?.stop();
  await service?.stop();
  await moto?.remove();
});
beforeEach(async () => {
  await moto.reset();
  await proxy.heal();
  provider = awsProvider(proxy.address);
});
afterEach(() => provider.close());

const path = parsePath('app/token');
const text = (value: string) => ({ payload: textPayload(value) });
const asked = () => proxy.requests.map(({ headers }) => String(headers['x-amz-target']).split('.')[1]);
const make = (name: string, value?: string) =>
  bare.send(new CreateSecretCommand({ Name: name, ...(value !== undefined && { SecretString: value }) }));
const entryOf = (name: string, value: string) => ({
  Name: name,
  ARN: name,
  VersionId: '0'.repeat(32),
  CreatedDate: 1.7e9,
  SecretString: value,
});

describe('many secrets at once', () => {
  test('are asked for in twenties: 200 secrets in 10 requests', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `many/s${i}`);
    for (const name of names) await make(name, `value of ${name}`);
    const answers = await provider.readMany(names.map(parseRef));
    expect(asked()).toEqual(Array.from({ length: 10 }, () => 'BatchGetSecretValue'));
    const texts = answers.map((found) => (isKeywardError(found) || !found ? found : payloadText(found.payload)));
    expect(texts).toEqual(names.map((name) => `value of ${name}`));
  });

  test('fail each by itself', async () => {
    const many = awsProvider(service.address);
    const errors = [
      { SecretId: 'b', ErrorCode: 'AccessDeniedException', Message: 'CANARY-4f1c9a' },
      { SecretId: 'c', ErrorCode: 'ResourceNotFoundException', Message: 'CANARY-4f1c9a' },
    ];
    service.play(answer({ SecretValues: [entryOf('a', 'x')], Errors: errors }));
    const [a, b, c] = await many.readMany(['a', 'b', 'c'].map(parseRef));
    expect(a).toMatchObject({ payload: textPayload('x') });
    expect(b).toMatchObject({ code: 'denied', message: expect.not.stringContaining('CANARY') });
    expect(c).toBeUndefined();
    await many.close();
  });

  test('of which the batch says nothing that can be told apart are asked for one by one', async () => {
    const many = awsProvider(service.address);
    const deleted = { SecretId: 'b', ErrorCode: 'InvalidRequestException', Message: '' };
    service.play(
      answer({ SecretValues: [entryOf('other', 'y'), entryOf('a', 'x')], Errors: [deleted] }),
      refusal('InvalidRequestException'),
      answer({ Name: 'b', DeletedDate: 1.7e9 }),
    );
    const [a, b] = await many.readMany(['a', 'b'].map(parseRef));
    expect(a).toMatchObject({ payload: textPayload('x') });
    expect(b).toMatchObject({ code: 'deleted' });
    await many.close();
  });

  test('are read one by one without the permission, which the health says', async () => {
    const many = awsProvider(service.address);
    service.play(refusal('AccessDeniedException'), answer(entryOf('a', 'x')), refusal('ResourceNotFoundException'));
    const refs = ['a', 'b'].map(parseRef);
    const found = await many.readMany(refs);
    expect(found.map((one) => one !== undefined && 'payload' in one)).toContain(true);
    service.play(answer({ SecretList: [] }));
    expect((await many.health()).findings[0]?.cause).toContain('secretsmanager:BatchGetSecretValue');
    await many.close();
  });

  test('are read with pins beside them', async () => {
    await make('a', 'x');
    const first = await provider.write(parsePath('b'), text('one'));
    await provider.write(parsePath('b'), text('two'));
    await proxy.heal();
    const found = await provider.readMany(['a', 'b', `b@${first?.id}`, 'a'].map(parseRef));
    const texts = found.map((one) => (isKeywardError(one) || !one ? one : payloadText(one.payload)));
    expect(texts).toEqual(['x', 'two', 'one', 'x']);
    expect(asked().sort()).toEqual(['BatchGetSecretValue', 'GetSecretValue']);
  });
});

describe('what the service cannot hold', () => {
  test('is refused before anything is sent, and at the limit it is taken', async () => {
    const { length: none } = proxy.requests;
    await rejected(provider.write(path, text('')), 'unsupported');
    await rejected(provider.write(path, { payload: binaryPayload(new Uint8Array()) }), 'unsupported');
    await rejected(provider.write(path, text('x'.repeat(65_537))), 'too_large');
    await rejected(provider.write(path, text('é'.repeat(32_769))), 'too_large');
    await rejected(provider.write(path, { ...text('x'), metadata: { 'aws:a': 'b' } }), 'unsupported');
    await rejected(provider.write(path, { ...text('x'), metadata: { a: 'x'.repeat(257) } }), 'unsupported');
    await rejected(provider.write(path, { ...text('x'), metadata: { a: 'b\n' } }), 'unsupported');
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']));
    await rejected(provider.write(path, { ...text('x'), metadata: many }), 'unsupported');
    await rejected(provider.write(path, text('x'), { ifVersion: 3 }), 'invalid');
    await rejected(provider.remove({ path }, { mode: 'destroy' }), 'unsupported');
    expect(proxy.requests).toHaveLength(none);
    await provider.write(path, text('x'.repeat(65_536)));
  });

  test('is a new name that ends like an ARN; one that is there is read and written', async () => {
    const odd = parsePath('app/name-AbC123');
    await rejected(provider.write(odd, text('x')), 'invalid');
    await make(odd, 'there');
    await provider.write(odd, text('new'));
    expect((await provider.read({ path: odd }))?.payload).toEqual(textPayload('new'));
  });
});

describe('a secret', () => {
  test('that was made without a value is absent, and takes its first one', async () => {
    await make(path);
    expect(await provider.read({ path })).toBeUndefined();
    expect(await provider.describe(path)).toMatchObject({ current: undefined, versions: [] });
  });

  test('is not changed by a writer who is killed between the two steps, nor is the next one stopped', async () => {
    const first = await provider.write(path, text('first'));
    const killed = new PutSecretValueCommand({
      SecretId: path,
      SecretString: 'never current',
      VersionStages: ['keyward-writing'],
    });
    await bare.send(killed);
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('first'));
    await provider.write(path, text('second'), { ifVersion: first?.id });
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('second'));
    const stages = (await provider.describe(path))?.versions.flatMap((version) => version.stages);
    expect(stages?.sort()).toEqual(['current', 'previous']);
  });

  test('keeps the tags of AWS and its description when its notes are replaced', async () => {
    const Tags = [
      { Key: 'aws:cloudformation:stack-name', Value: 's' },
      { Key: 'owner', Value: 'a' },
      { Key: 'gone', Value: 'b' },
    ];
    await bare.send(new CreateSecretCommand({ Name: path, SecretString: 'x', Tags, Description: 'kept' }));
    await provider.write(path, { metadata: { owner: 'c' } });
    expect((await provider.describe(path))?.metadata).toEqual({ owner: 'c' });
    const held = await bare.send(new DescribeSecretCommand({ SecretId: path }));
    expect(held.Description).toBe('kept');
    expect(held.Tags?.map(({ Key }) => Key)).toContain('aws:cloudformation:stack-name');
  });

  test('that waits for its deletion is deleted, not absent, and can be restored', async () => {
    await make(path, 'x');
    await bare.send(new DeleteSecretCommand({ SecretId: path }));
    const error = await rejected(provider.read({ path }), 'deleted');
    expect(error.advice).toContain('aws secretsmanager restore-secret');
    expect(await provider.describe(path)).toMatchObject({ current: undefined, versions: [{ state: 'deleted' }] });
    await rejected(provider.write(path, { metadata: {} }), 'deleted');
    await provider.restore({ path });
    expect((await provider.read({ path }))?.payload).toEqual(textPayload('x'));
  });

  test('is listed below a prefix only, whatever others keep beside it', async () => {
    for (const name of ['team/app/a', 'team/app//b', 'team/application', 'other']) await make(name, 'x');
    expect(await listed(awsProvider(proxy.address, { prefix: 'team/app' }), '')).toEqual(['a']);
    expect(await listed(provider, 'team')).toEqual(['team/app/a', 'team/application']);
  });
});

test('an endpoint that would send values in the clear over the network is refused', async () => {
  await rejected(awsProvider('http://192.0.2.1:9').read({ path }), 'config');
});

test('doctor hears who signs, that the key does not end, and nothing of a secret that is absent', async () => {
  await make('app/token', 'canary-value');
  const diagnosis = await provider.diagnose?.({ refs: [parseRef('app/token'), parseRef('app/absent')], writes: false });
  expect(diagnosis?.identity).toMatch(/access key …0000$/);
  expect(diagnosis?.findings.map(({ severity }) => severity)).toEqual(['warning']);
  expect(asked()).toEqual(['DescribeSecret', 'DescribeSecret', undefined]);
  expect(proxy.requests.at(-1)?.headers).not.toHaveProperty('authorization');
  expect(JSON.stringify(diagnosis)).not.toContain('canary');
});

describe('who signs', () => {
  test('can be handed in by the program, and is asked when a request is signed', async () => {
    await make('app/token', 'x');
    const keys = { accessKeyId: 'AKIAHANDEDIN0000CANA', secretAccessKey: 'CANARY-secret' };
    let asked = 0;
    const signer = async () => {
      asked += 1;
      return keys;
    };
    for (const identity of [signer, keys]) {
      const handed = awsProvider(proxy.address, {}, {}, { identity });
      expect((await handed.read({ path }))?.payload).toEqual(textPayload('x'));
      expect(String(proxy.requests.at(-1)?.headers['authorization'])).toContain('Credential=AKIAHANDEDIN0000CANA/');
      await handed.close();
    }
    expect(asked).toBe(1);
    const refusal = Object.assign(new Error('CANARY-said'), { name: 'CredentialsProviderError' });
    const fails = awsProvider(proxy.address, {}, {}, { identity: () => Promise.reject(refusal) });
    const error = await rejected(fails.read({ path }), 'unauthenticated');
    expect(JSON.stringify([error.message, error.advice, error.cause])).not.toContain('CANARY');
  });
});
