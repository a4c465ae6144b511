import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parseServerName } from '../../src/clients/socket/server-name.js';
import { Secret } from '../../src/core/secret.js';
import { createRedisRotator, type RedisSettings } from '../../src/lifecycle/rotation/rotators/redis/redis.js';
import { withRedis } from '../../src/lifecycle/rotation/rotators/redis/redis-session.js';
import { testCertificate } from '../../src/testing/test-certificate.js';
import { Home } from '../faults/home.js';
import { credentialOf } from '../rotated-login.js';
import { testUntoldRotations } from '../untold-rotations.js';
import { RedisServer } from './redis-server.js';

let server: RedisServer;
afterEach(() => server.remove());

const rotatorOf = (redis: Partial<RedisSettings>) =>
  createRedisRotator({
    redis: { servers: [server.name], user: 'bot', administrator: 'cache/rotator', ...redis },
    path: 'cache/bot',
    fieldsOf: async () => Object.fromEntries(credentialOf({ username: 'rotator', password: 'of-the-rotator' })),
  });
const initial = credentialOf({ value: 'first' });

test('who may do what the guide says can rotate, and nothing more', async () => {
  server = await RedisServer.start('redis', 'aclfile');
  const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/rotation.md'), 'utf8');
  const setUp = /^ACL SETUSER rotator .*$/m.exec(guide)?.[0].replace('>…', '>of-the-rotator').split(' ') ?? [];
  await server.ask(...setUp);
  await server.ask('ACL', 'SETUSER', 'bot', 'on', '>first', '+ping');
  const rotator = rotatorOf({});
  const to = await rotator.generate(initial);
  await rotator.set({ from: initial, to });
  await rotator.test(to);
  await rotator.revoke(initial, to);
  await expect(rotator.test(initial)).rejects.toMatchObject({ code: 'unauthenticated' });
  const login = { username: 'rotator', password: Secret.fromText('of-the-rotator') };
  for (const command of [['GET', 'a'], ['CONFIG', 'GET', '*'], ['ACL', 'LIST'], ['SHUTDOWN']]) {
    const answer = await withRedis(parseServerName(server.name, 0), login, (ask) => ask(...command));
    expect(answer).toMatchObject({ text: expect.stringContaining('NOPERM') });
  }
});

describe.each(['redis', 'valkey'] as const)('%s', (kind) => {
  testUntoldRotations(kind, async () => {
    server = await RedisServer.start(kind, 'aclfile');
    await server.ask('ACL', 'SETUSER', 'bot', 'on', '>first', '+ping');
    await server.ask('ACL', 'SETUSER', 'stranger', 'on', '>of-the-stranger', '+ping');
    const monitor = await server.monitor();
    return {
      rotator: { redis: { servers: [server.name], user: 'bot', administrator: 'app/administrator' } },
      fields: { value: 'first' },
      administrator: { username: 'default', password: 'of-the-administrator' },
      stranger: { username: 'stranger', password: 'of-the-stranger' },
      async noted() {
        const lists = [await server.ask('SLOWLOG', 'GET', '-1'), await server.ask('ACL', 'LOG', '1000')];
        return { monitor: monitor(), lists: JSON.stringify(lists), log: server.log, kept: server.kept };
      },
      saying: 'SETUSER',
    };
  });
});

test('a server that keeps no users is not changed', async () => {
  server = await RedisServer.start('redis', 'memory');
  await server.ask('ACL', 'SETUSER', 'bot', 'on', '>first', '+@all');
  const rotator = rotatorOf({ administrator: undefined });
  const to = await rotator.generate(initial);
  await expect(rotator.set({ from: initial, to })).rejects.toMatchObject({ code: 'config' });
  await expect(rotator.test(to)).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('a user who needed no password needs one from then on, and one who is not there is not made', async () => {
  server = await RedisServer.start('redis', 'aclfile');
  await server.ask('ACL', 'SETUSER', 'bot', 'on', 'nopass', '+@all');
  const rotator = rotatorOf({ administrator: undefined });
  const to = await rotator.generate(initial);
  await rotator.set({ from: initial, to });
  await expect(rotator.test(initial)).rejects.toMatchObject({ code: 'unauthenticated' });
  await server.ask('ACL', 'SETUSER', 'rotator', 'on', '>of-the-rotator', '+@all');
  const other = rotatorOf({ user: 'nobody' });
  await expect(other.set({ from: undefined, to })).rejects.toMatchObject({ code: 'config' });
  expect(await server.ask('ACL', 'GETUSER', 'nobody')).toBe(null);
});

test('the password of requirepass is rotated, and the server has the new one alone after its next start', async () => {
  server = await RedisServer.start('redis', 'requirepass');
  const rotator = rotatorOf({ user: 'default', administrator: undefined });
  const former = credentialOf({ value: 'of-the-administrator' });
  const to = await rotator.generate(former);
  await rotator.set({ from: former, to });
  await rotator.revoke(former, to);
  await server.restart();
  await rotator.test(to);
  await expect(rotator.test(former)).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('one of several servers that does not take the password keeps everybody from it', async () => {
  server = await RedisServer.start('redis', 'aclfile');
  const replica = await RedisServer.start('valkey', 'aclfile');
  for (const each of [server, replica]) await each.ask('ACL', 'SETUSER', 'bot', 'on', '>first', '+@all');
  const rotator = rotatorOf({ servers: [server.name, replica.name], administrator: undefined });
  const to = await rotator.generate(initial);
  await rotator.set({ from: initial, to });
  await rotator.test(to);
  await replica.ask('ACL', 'SETUSER', 'bot', 'resetpass', '>first');
  await expect(rotator.test(to)).rejects.toMatchObject({ code: 'unauthenticated' });
  await replica.remove();
  await expect(rotator.test(to)).rejects.toMatchObject({ code: 'unavailable' });
});

test('over TLS, by the command line, with an authority that NODE_EXTRA_CA_CERTS names and not without', async () => {
  const host = '0.0.0.0';
  server = await RedisServer.start('redis', 'aclfile', testCertificate([host]));
  await server.ask('ACL', 'SETUSER', 'bot', 'on', '>first', '+@all');
  const home = Home.withStore();
  const rotator = { redis: { servers: [`${host}:${server.tlsPort}`], user: 'bot' } };
  home.writeConfig(
    JSON.stringify({ providers: [{ keyward: { prefix: 'bot' } }], secrets: { 'app/login': { rotator } } }),
  );
  const config = ['--config', join(home.project, 'keyward.yaml')];
  home.keywardSucceeds(['set', 'app/login', ...config, '--quiet'], 'first');
  const rotate = ['rotate', 'app/login', ...config];
  expect(home.keyward(rotate)).toMatchObject({ status: 8, stderr: expect.stringContaining('not proven') });
  const trusting = ['env', `NODE_EXTRA_CA_CERTS=${server.certificateFile}`];
  expect(home.keyward(rotate, '', trusting)).toMatchObject({ status: 0 });
  expect(home.keywardSucceeds(['get', 'app/login', ...config])).not.toBe('first');
  home.remove();
});
