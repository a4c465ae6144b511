import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.js';
import { createAwsIamRotator } from '../../../src/lifecycle/rotation/rotators/aws-iam/aws-iam.js';
import { rotatorContract } from '../../../src/lifecycle/rotation/rotators/rotator.contract.js';
import { testKilledRotations } from '../../killed-rotations.js';
import { credentialOf, describeRotatedLogins, worksBy } from '../../rotated-login.js';
import { testUntoldRotations } from '../../untold-rotations.js';
import { AwsEmulator } from './emulator.js';

const runner = { describe, test, skip: test.skip };
const region = 'us-east-1';
/** The user, its policy and its key are made before anybody is asked who they are. */
const callsBefore = 3;

let moto: AwsEmulator;
let iam: IAMClient;
let manager: Readonly<Record<string, string>>;

async function keyOf(client: IAMClient, user: string) {
  const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName: user }));
  return { access_key_id: AccessKey?.AccessKeyId ?? '', secret_access_key: AccessKey?.SecretAccessKey ?? '' };
}

async function userWith(client: IAMClient, user: string, actions: readonly string[]) {
  await client.send(new CreateUserCommand({ UserName: user }));
  const Statement = [{ Effect: 'Allow', Action: actions, Resource: '*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await client.send(new PutUserPolicyCommand({ UserName: user, PolicyName: 'own', PolicyDocument }));
  return keyOf(client, user);
}

const clientAs = (keys: Readonly<Record<string, string>>) =>
  new IAMClient({
    endpoint: moto.address,
    region,
    credentials: { accessKeyId: keys['access_key_id'] ?? '', secretAccessKey: keys['secret_access_key'] ?? '' },
  });

beforeAll(async () => {
  moto = await AwsEmulator.moto(callsBefore);
  manager = await userWith(clientAs({ access_key_id: 'first', secret_access_key: 'first' }), 'rotation', ['iam:*']);
  iam = clientAs(manager);
});
afterAll(() => moto?.remove());

let made = 0;
async function subject(change: object = {}) {
  made += 1;
  const user = `bot-${made}`;
  const fields = await userWith(iam, user, ['sts:GetCallerIdentity']);
  const rotator = createAwsIamRotator({
    ...{ path: 'aws/bot', user, administrator: 'aws/rotation', endpoint: moto.address, env: {}, clock: systemClock },
    fieldsOf: async () => Object.fromEntries(credentialOf(manager)),
    ...change,
  });
  return { rotator, user, fields, initial: credentialOf(fields), logIn: rotator.test, works: worksBy(rotator) };
}

const keysOf = async (user: string) =>
  (await iam.send(new ListAccessKeysCommand({ UserName: user }))).AccessKeyMetadata?.map(
    ({ AccessKeyId }) => AccessKeyId,
  );

describe('an access key of IAM', () => {
  test('that is revoked is gone, and the other one is not', async () => {
    const { rotator, user, fields, initial } = await subject();
    const to = await rotator.generate(initial);
    await rotator.set({ from: initial, to });
    await rotator.revoke(initial, to);
    const keys = await keysOf(user);
    expect(keys).not.toContain(fields.access_key_id);
    expect(keys).toEqual([to.get('access_key_id')?.expose()]);
  });

  test('that was made and not written down is taken away, and no other that is in the way', async () => {
    const { rotator, user, fields, initial } = await subject();
    const lost = await rotator.generate(initial);
    const made = await rotator.generate(initial);
    const idOf = (key: typeof made) => key.get('access_key_id')?.expose();
    expect(await keysOf(user)).toEqual([fields.access_key_id, idOf(made)]);
    expect(await keysOf(user)).not.toContain(idOf(lost));
    await rotator.set({ from: initial, to: made });
    await expect(rotator.generate(made)).rejects.toMatchObject({ code: 'conflict' });
    expect(await keysOf(user)).toEqual([fields.access_key_id, idOf(made)]);
  });

  test('is not made where two are in the way, and nothing of them is said', async () => {
    const { rotator, user, initial, fields } = await subject();
    const { access_key_id: other } = await keyOf(iam, user);
    const error = await rotator.generate(initial).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'conflict', advice: expect.stringContaining(`--user-name ${user}`) });
    expect(JSON.stringify(error)).not.toContain(other);
    expect(JSON.stringify(error)).not.toContain(fields.access_key_id);
  });

  test('is made and taken back by whom the environment says, without an administrator', async () => {
    const env = { AWS_ACCESS_KEY_ID: manager['access_key_id'], AWS_SECRET_ACCESS_KEY: manager['secret_access_key'] };
    const { rotator, initial } = await subject({ administrator: undefined, env });
    const to = await rotator.generate(initial);
    await rotator.set({ from: initial, to });
    await rotator.test(to);
  });

  test('is refused to an administrator who may not, as such', async () => {
    const { fields } = await subject();
    const { rotator } = await subject({ fieldsOf: async () => Object.fromEntries(credentialOf(fields)) });
    await expect(rotator.generate(undefined)).rejects.toMatchObject({ code: 'denied' });
  });
});

rotatorContract(runner, 'access keys of IAM', async () => ({ subject: { ...(await subject()), isIssued: true } }), [
  {
    test: 'revokes one and leaves the other, once and again, also one that was never set',
    reason: 'a user has two keys at most, so one that was made and never set is taken away for the next',
  },
]);

describeRotatedLogins({ evidence: 'aws-iam', kind: 'overlap', make: () => subject(), daily: 300 });

testKilledRotations('aws-iam', {
  kind: 'overlap',
  async make() {
    const { fields, works, user } = await subject();
    const settings = { user, administrator: 'app/administrator', endpoint: moto.address };
    return { rotator: { 'aws-iam': settings }, fields, works, administrator: manager };
  },
});

// The service makes the key, so its answer holds it, and what the service keeps: its log must not.
testUntoldRotations('moto', async () => {
  const { user, fields } = await subject();
  const stranger = await subject();
  return {
    rotator: { 'aws-iam': { user, administrator: 'app/administrator', endpoint: moto.address } },
    fields,
    administrator: manager,
    stranger: stranger.fields,
    noted: async () => ({ log: moto.log }),
    saying: 'POST / HTTP',
  };
});
