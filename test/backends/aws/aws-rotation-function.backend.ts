import { randomUUID } from 'node:crypto';
import * as sdk from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseServerName } from '../../../src/clients/socket/server-name.js';
import { createSecretsManagerRotation } from '../../../src/compose/aws-rotation-function.js';
import { Secret } from '../../../src/core/secret.js';
import { withRedis } from '../../../src/lifecycle/rotation/rotators/redis/redis-session.js';
import { RedisServer } from '../redis-server.js';
import { awsKeys, bareClient } from './aws-fixture.js';
import { AwsEmulator } from './emulator.js';
import { idleFunction } from './idle-function.js';

const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
const name = 'cache/bot';
let moto: AwsEmulator;
let redis: RedisServer;

beforeAll(async () => {
  moto = await AwsEmulator.moto();
  redis = await RedisServer.start('redis', 'aclfile');
});
afterAll(async () => {
  await redis?.remove();
  await moto?.remove();
});

test('three rotations of a user of Redis, each step twice, in which the current value always works', async () => {
  const client = bareClient(moto.address);
  await redis.ask('ACL', 'SETUSER', 'bot', 'on', '>first', '+ping', '~*');
  const administrator = JSON.stringify({ username: 'default', password: 'of-the-administrator' });
  await client.send(new sdk.CreateSecretCommand({ Name: 'cache/administrator', SecretString: administrator }));
  const SecretString = JSON.stringify({ host: redis.name, password: 'first' });
  const { ARN = '' } = await client.send(new sdk.CreateSecretCommand({ Name: name, SecretString }));
  const handler = await createSecretsManagerRotation({
    rotator: { redis: { servers: [redis.name], user: 'bot', administrator: 'cache/administrator' }, field: 'password' },
    endpoint: moto.address,
    region: 'us-east-1',
    env: awsKeys,
  });
  const current = async (): Promise<string> => {
    const found = await client.send(new sdk.GetSecretValueCommand({ SecretId: ARN, VersionStage: 'AWSCURRENT' }));
    const { host, password } = JSON.parse(found.SecretString ?? '');
    expect(host).toBe(redis.name);
    return password;
  };
  const logIn = (password: string) => {
    const login = { username: 'bot', password: Secret.fromText(password) };
    return withRedis(parseServerName(redis.name, redis.port), login, async () => undefined);
  };
  const rules = { RotationLambdaARN: await idleFunction(moto.address), RotationRules: { AutomaticallyAfterDays: 30 } };
  const passwords = [await current()];
  for (let rotation = 1; rotation <= 3; rotation += 1) {
    const ClientRequestToken = randomUUID();
    await client.send(new sdk.RotateSecretCommand({ SecretId: ARN, ClientRequestToken, ...rules }));
    for (const Step of steps.flatMap((step) => [step, step])) {
      await handler({ Step, SecretId: ARN, ClientRequestToken });
      await logIn(await current());
    }
    passwords.push(await current());
    await logIn(passwords.at(-2) ?? '');
    for (const former of passwords.slice(0, -2)) {
      await expect(logIn(former)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
    // moto, unlike the service, begins no rotation while the version that is current has this label too.
    const label = { VersionStage: 'AWSPENDING', RemoveFromVersionId: ClientRequestToken };
    await client.send(new sdk.UpdateSecretVersionStageCommand({ SecretId: ARN, ...label }));
  }
  expect(new Set(passwords).size).toBe(4);
});
