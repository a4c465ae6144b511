import { createServer, type Server } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rejected } from '../core/provider-read.contract.js';
import { Secret } from '../core/secret.js';
import { FakeClock } from '../testing/fake-clock.js';
import { createSecretsManagerRotation } from './aws-rotation-function.js';

type Json = Readonly<Record<string, unknown>>;
interface Version {
  value?: string;
  created?: number;
  labels: string[];
}

const name = 'app/login';
const canary = 'CANARY-4f1c9a';
const first = '00000000-0000-4000-8000-000000000001';
const token = '00000000-0000-4000-8000-000000000002';
const second = '00000000-0000-4000-8000-000000000003';
const arn = `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-a1B2c3`;
const env = { AWS_ACCESS_KEY_ID: 'AKIACANARYKEYID00000', AWS_SECRET_ACCESS_KEY: canary };

let server: Server;
let endpoint: string;
let versions: Map<string, Version>;
let isEnabled: boolean;
let asked: string[];
let lost: string | undefined;
let accepted: Set<string>;
let made: number;
let hooked: string[];

const refuse = (error: string) => ({ status: 400, body: { __type: error, Message: canary } });
const take = (label: string) => {
  for (const version of versions.values()) version.labels = version.labels.filter((held) => held !== label);
};
const holder = (label: string) => [...versions].find(([, { labels }]) => labels.includes(label))?.[0];
const valueAt = (label: string) => versions.get(holder(label) ?? '')?.value;

function answer(operation: string, input: Json): { readonly status: number; readonly body: Json } {
  const about = { ARN: arn, Name: name };
  if (operation === 'DescribeSecret') {
    const VersionIdsToStages = Object.fromEntries([...versions].map(([id, { labels }]) => [id, labels]));
    return { status: 200, body: { ...about, RotationEnabled: isEnabled, VersionIdsToStages } };
  }
  if (operation === 'GetSecretValue') {
    const id = String(input['VersionId']);
    const version = versions.get(id);
    if (version?.value === undefined) return refuse('ResourceNotFoundException');
    const body = { ...about, VersionId: id, CreatedDate: version.created, SecretString: version.value };
    return { status: 200, body: { ...body, VersionStages: version.labels } };
  }
  if (operation === 'PutSecretValue') {
    const given: unknown = input['VersionStages'];
    const labels = Array.isArray(given) ? given.map(String) : [];
    for (const label of labels) take(label);
    versions.set(String(input['ClientRequestToken']), {
      value: String(input['SecretString']),
      created: 1.7e9 + versions.size,
      labels,
    });
    return { status: 200, body: { ...about, VersionId: input['ClientRequestToken'], VersionStages: labels } };
  }
  const [label, from] = [String(input['VersionStage']), String(input['RemoveFromVersionId'])];
  if (holder(label) !== from) return refuse('InvalidParameterException');
  take(label);
  versions.get(String(input['MoveToVersionId']))?.labels.push(label);
  if (label === 'AWSCURRENT') {
    take('AWSPREVIOUS');
    versions.get(from)?.labels.push('AWSPREVIOUS');
  }
  return { status: 200, body: about };
}

/** A webhook whose target accepts any number of passwords. */
function target(input: Json): { readonly status: number; readonly body: Json } {
  const step = String(input['step']);
  const passwordIn = (key: string) => {
    const held = input[key];
    return typeof held === 'object' && held !== null ? String(Reflect.get(held, 'password')) : '';
  };
  hooked.push(`${step} ${passwordIn(step === 'revoke' ? 'from' : 'to')}`.trim());
  if (step === 'generate') {
    made += 1;
    return { status: 200, body: { password: `${canary}-${made}` } };
  }
  if (step === 'set') accepted.add(passwordIn('to'));
  if (step === 'test' && !accepted.has(passwordIn('to'))) return { status: 409, body: {} };
  if (step === 'revoke') accepted.delete(passwordIn('from'));
  return { status: 200, body: {} };
}

beforeAll(async () => {
  server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const input: Json = JSON.parse(Buffer.concat(chunks).toString());
    const operation = incoming.headers['x-amz-target']?.toString().split('.')[1];
    if (operation !== undefined) asked.push(operation);
    const { status, body } = operation === undefined ? target(input) : answer(operation, input);
    const isLost = lost !== undefined && lost === (operation ?? input['step']);
    if (isLost) {
      lost = undefined;
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  endpoint = typeof bound === 'object' && bound !== null ? `http://127.0.0.1:${bound.port}` : '';
});
beforeEach(() => {
  versions = new Map([
    [first, { value: `{"host":"db","password":"${canary}"}`, created: 1.7e9, labels: ['AWSCURRENT'] }],
    [token, { labels: ['AWSPENDING'] }],
  ]);
  [isEnabled, asked, lost, accepted, made, hooked] = [true, [], undefined, new Set([canary]), 0, []];
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const begin = () => {
  take('AWSPENDING');
  versions.set(second, { labels: ['AWSPENDING'] });
};

async function asker(options: { readonly rotator?: Readonly<Record<string, unknown>> } = {}) {
  const { rotator = { webhook: { url: endpoint, secret: 'app/signer', kind: 'overlap' } } } = options;
  const handler = await createSecretsManagerRotation({
    rotator,
    fieldsOf: async () => ({ value: Secret.fromText(`${canary}-that-signs`) }),
    endpoint,
    region: 'us-east-1',
    env,
    clock: new FakeClock(),
  });
  return (Step: string, ClientRequestToken = token, SecretId = arn) => handler({ Step, SecretId, ClientRequestToken });
}

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

describe('a function that rotates', () => {
  test('makes a new value current in four steps, each of which can be repeated', async () => {
    const ask = await asker();
    for (const step of steps) {
      await ask(step);
      const [before, count] = [JSON.stringify([...versions]), made];
      await ask(step);
      expect([JSON.stringify([...versions]), made]).toEqual([before, count]);
    }
    expect(valueAt('AWSCURRENT')).toBe(`{"host":"db","password":"${canary}-1"}`);
    expect(holder('AWSPREVIOUS')).toBe(first);
    expect(accepted).toEqual(new Set([canary, `${canary}-1`]));
  });

  test('takes the former value back when the next rotation begins, and only once', async () => {
    const ask = await asker();
    for (const step of steps) await ask(step);
    begin();
    lost = 'generate';
    hooked = [];
    await rejected(ask('createSecret', second), 'unavailable');
    expect(accepted).toEqual(new Set([`${canary}-1`]));
    for (const step of steps) await ask(step, second);
    expect(hooked.filter((asked) => asked.startsWith('revoke'))).toEqual([`revoke ${canary}`]);
    expect(accepted).toEqual(new Set([`${canary}-1`, `${canary}-3`]));
  });

  test('takes nothing back while the current value does not work', async () => {
    const ask = await asker();
    for (const step of steps) await ask(step);
    begin();
    accepted.delete(`${canary}-1`);
    await rejected(ask('createSecret', second), 'unauthenticated');
    expect(accepted).toEqual(new Set([canary]));
  });

  test('takes nothing back that a person replaced by hand', async () => {
    const ask = await asker();
    for (const step of steps) await ask(step);
    take('AWSPREVIOUS');
    const current = versions.get(token);
    current?.labels.splice(current.labels.indexOf('AWSCURRENT'), 1, 'AWSPREVIOUS');
    const value = valueAt('AWSPREVIOUS')?.replace('db', 'other') ?? '';
    versions.set('by-hand', { value, created: 1.7e9 + 9, labels: ['AWSCURRENT'] });
    begin();
    await ask('createSecret', second);
    expect(accepted).toEqual(new Set([canary, `${canary}-1`]));
  });

  test.each(['overlap', 'swap'])('takes back what a %s set that was given up', async (kind) => {
    const ask = await asker({ rotator: { webhook: { url: endpoint, secret: 'app/signer', kind } } });
    await ask('createSecret');
    if (kind === 'swap') accepted.clear();
    await ask('setSecret');
    begin();
    for (const step of steps) await ask(step, second);
    expect(hooked).toContain(kind === 'swap' ? `set ${canary}` : `revoke ${canary}-1`);
    expect(valueAt('AWSCURRENT')).toContain(`${canary}-2`);
    if (kind === 'overlap') expect(accepted).toEqual(new Set([canary, `${canary}-2`]));
  });

  test('takes back what was given up once, also when the answer to that is lost', async () => {
    const ask = await asker();
    await ask('createSecret');
    await ask('setSecret');
    begin();
    for (const answer of ['revoke', 'UpdateSecretVersionStage', 'generate']) {
      lost = answer;
      await rejected(ask('createSecret', second), 'unavailable');
    }
    for (const step of steps) await ask(step, second);
    expect(hooked.filter((asked) => asked.startsWith('revoke'))).toHaveLength(2);
    expect(accepted).toEqual(new Set([canary, `${canary}-3`]));
  });

  test('takes nothing back that was given up before a person put in what is current', async () => {
    const ask = await asker();
    await ask('createSecret');
    await ask('setSecret');
    begin();
    take('AWSCURRENT');
    const value = versions.get(token)?.value?.replace('db', 'other') ?? '';
    versions.set('by-hand', { value, created: 1.7e9 + 9, labels: ['AWSCURRENT'] });
    accepted.delete(canary);
    await ask('createSecret', second);
    expect(accepted).toEqual(new Set([`${canary}-1`]));
    expect(holder('keyward-rotated')).toBe(second);
  });

  test('takes nothing back that was given up while the current value does not work', async () => {
    const ask = await asker();
    await ask('createSecret');
    await ask('setSecret');
    begin();
    accepted.delete(canary);
    await rejected(ask('createSecret', second), 'unauthenticated');
    expect(accepted).toEqual(new Set([`${canary}-1`]));
  });

  test('goes on after an answer that was lost', async () => {
    const ask = await asker();
    const answers = ['PutSecretValue', 'set', 'test', 'UpdateSecretVersionStage'];
    for (const [at, step] of steps.entries()) {
      lost = answers[at];
      await rejected(ask(step), 'unavailable');
      await ask(step);
    }
    expect(valueAt('AWSCURRENT')).toContain(`${canary}-1`);
    expect(made).toBe(1);
  });

  test.each(['setSecret', 'testSecret', 'finishSecret'])('refuses %s before there is a new value', async (step) => {
    await rejected((await asker())(step), 'conflict');
    expect(hooked).toEqual([]);
  });

  test('lets nothing become current that does not work', async () => {
    const ask = await asker();
    await ask('createSecret');
    await rejected(ask('testSecret'), 'unauthenticated');
    await rejected(ask('finishSecret'), 'unauthenticated');
    expect(holder('AWSCURRENT')).toBe(first);
  });

  test('builds nothing upon a value that does not work', async () => {
    accepted.clear();
    await rejected((await asker())('createSecret'), 'unauthenticated');
    expect(versions.get(token)?.value).toBeUndefined();
    accepted.add(canary);
    const ask = await asker();
    await ask('createSecret');
    accepted.clear();
    await rejected(ask('setSecret'), 'unauthenticated');
    expect(accepted.size).toBe(0);
  });

  test('goes on with a swap whose former value does not work any more', async () => {
    const ask = await asker({ rotator: { webhook: { url: endpoint, secret: 'app/signer', kind: 'swap' } } });
    await ask('createSecret');
    accepted.clear();
    for (const step of steps) await ask(step);
    expect(valueAt('AWSCURRENT')).toContain(`${canary}-1`);
  });

  test('does nothing where the service has not begun a rotation of this version', async () => {
    const ask = await asker();
    await rejected(ask('createSecret', second), 'conflict');
    await rejected(ask('createSecret', token, arn.replace('a1B2c3', 'zzzzzz')), 'conflict');
    versions.set(second, { labels: ['other'] });
    await rejected(ask('createSecret', second), 'conflict');
    take('AWSCURRENT');
    await rejected(ask('createSecret'), 'conflict');
    isEnabled = false;
    await rejected(ask('createSecret'), 'conflict');
    expect(new Set(asked)).toEqual(new Set(['DescribeSecret']));
    expect(hooked).toEqual([]);
  });

  test('refuses an event that is none, before it asks anybody', async () => {
    const ask = await asker();
    await rejected(ask('dropSecret'), 'invalid');
    await rejected(ask('createSecret', token, '../x'), 'invalid');
    const another = await asker({ rotator: { webhook: { url: endpoint, secret: name, kind: 'overlap' } } });
    await rejected(another('createSecret'), 'config');
    expect(asked).toEqual([]);
  });

  test.each([
    [{ guided: { exchange: 'binance' } }],
    [{ random: 'hex:32', redis: {} }],
    [{ random: canary, other: canary }],
    [{}],
  ])('is not made of the rotator %o', async (rotator) => {
    const error = await rejected(asker({ rotator }), 'config');
    expect(error.message).not.toContain(canary);
  });

  test('does not rotate by a rotator whose consumers have to learn of the value first', async () => {
    const ask = await asker({ rotator: { webhook: { url: endpoint, secret: 'app/signer', kind: 'verifier' } } });
    await rejected(ask('createSecret'), 'config');
    expect(hooked).toEqual([]);
  });

  test('tells no value in its errors', async () => {
    const ask = await asker();
    accepted.clear();
    const errors = [
      await rejected(ask('createSecret'), 'unauthenticated'),
      await rejected(ask('finishSecret'), 'conflict'),
    ];
    versions.clear();
    errors.push(await rejected(ask('setSecret'), 'conflict'));
    expect(inspect(errors, { depth: 9, showHidden: true })).not.toContain('CANARY');
  });
});
