import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRedisRotator, type RedisSettings } from '../../src/lifecycle/rotation/rotators/redis/redis.js';
import { rotatorContract } from '../../src/lifecycle/rotation/rotators/rotator.contract.js';
import { testKilledRotations } from '../killed-rotations.js';
import { credentialOf, describeRotatedLogins, worksBy } from '../rotated-login.js';
import { RedisServer } from './redis-server.js';

const administrator = 'cache/administrator';
const password = 'of-the-administrator';
const login = credentialOf({ username: 'default', password });
const runner = { describe, test, skip: test.skip };

describe.each([
  ['redis', 'aclfile'],
  ['redis', 'settings'],
  ['valkey', 'aclfile'],
  ['valkey', 'settings'],
] as const)('%s with its users in its %s', (kind, usersIn) => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start(kind, usersIn);
  });
  afterAll(() => server?.remove());

  let made = 0;
  /** A new user with the password `first`. */
  async function user(change: Partial<RedisSettings> = {}) {
    made += 1;
    const name = `bot:${made}`;
    await server.ask('ACL', 'SETUSER', name, 'on', '>first', '+ping', '~*');
    return rotatorOf({ servers: [server.name], user: name, administrator, ...change });
  }
  const rotatorOf = (redis: RedisSettings) => {
    const rotator = createRedisRotator({ redis, path: 'cache/bot', fieldsOf: async () => Object.fromEntries(login) });
    const fields = { value: 'first' };
    return { rotator, fields, initial: credentialOf(fields), logIn: rotator.test, works: worksBy(rotator) };
  };

  rotatorContract(runner, 'one user, by an administrator', async () => ({ subject: await user() }));

  rotatorContract(runner, 'one user who may change users', async () => {
    const subject = await user({ administrator: undefined });
    await server.ask('ACL', 'SETUSER', `bot:${made}`, '+acl', '+config', '+multi', '+exec');
    return { subject };
  });

  test('has the same passwords after its next start', async () => {
    const { rotator, initial } = await user();
    const to = await rotator.generate(initial);
    await rotator.set({ from: initial, to });
    await server.restart();
    await rotator.test(initial);
    await rotator.test(to);
    await rotator.revoke(initial, to);
    await server.restart();
    await rotator.test(to);
    await expect(rotator.test(initial)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  if (usersIn === 'aclfile') {
    describeRotatedLogins({ evidence: kind, kind: 'overlap', make: () => user() });
    testKilledRotations(kind, {
      kind: 'overlap',
      async make() {
        const { fields, works } = await user();
        const redis = { servers: [server.name], user: `bot:${made}`, administrator: 'app/administrator' };
        return { rotator: { redis }, fields, works, administrator: { username: 'default', password } };
      },
    });
  }
});
