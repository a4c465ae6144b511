import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { parseServerName } from '../../../../clients/socket/server-name.js';
import { Secret } from '../../../../core/secret.js';
import { createRedisRotator } from './redis.js';
import { withRedis } from './redis-session.js';

let server: Server;
const commands: string[] = [];
afterEach(() => {
  commands.length = 0;
  server.close();
});

/** Answers one command after the other, and ends the connection where it has no answer. */
async function answering(...answers: readonly string[]) {
  server = createServer((socket: Socket) => {
    let at = 0;
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      commands.push(bytes.toString());
      const answer = answers[at];
      at += 1;
      if (answer === undefined) socket.destroy();
      else socket.write(answer);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ok = '+OK\r\n';
const login = { username: 'bot', password: Secret.fromText('CANARY\r\n') };
const asked = async (...answers: readonly string[]) =>
  withRedis(parseServerName(await answering(ok, ...answers), 1), login, (ask) => ask('ACL', 'GETUSER', 'bot'));

describe('an answer of Redis', () => {
  test('has texts, numbers and lists', async () => {
    expect(await asked('*4\r\n$3\r\na\r\n\r\n:-7\r\n*0\r\n$-1\r\n')).toEqual(['a\r\n', -7, [], null]);
    expect(commands[0]).toBe('*3\r\n$4\r\nAUTH\r\n$3\r\nbot\r\n$8\r\nCANARY\r\n\r\n');
  });

  test.each([
    '?\r\n',
    '$\r\n',
    '$1x\r\n',
    '$-2\r\n',
    '$65537\r\n',
    '$1\r\nabc',
    '*1025\r\n',
    '*-2\r\n',
    `${'*1\r\n'.repeat(6)}:1\r\n`,
    `+${'x'.repeat(5000)}`,
    'HTTP/1.1 400 Bad Request\r\n',
  ])('out of form leaves open what happened: %j', async (answer) => {
    await expect(asked(answer)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test.each([
    ['-WRONGPASS invalid username-password pair CANARY\r\n', 'unauthenticated'],
    ['-NOPERM this user CANARY has no permissions\r\n', 'denied'],
    ["-ERR wrong number of arguments for 'auth' command CANARY\r\n", 'config'],
    ["-ERR unknown command 'AUTH' CANARY\r\n", 'config'],
    ['-LOADING CANARY\r\n', 'unavailable'],
    ['-CANARY\r\n', 'unavailable'],
  ])('to the login, %j, is %s and not repeated', async (answer, code) => {
    const error = await withRedis(parseServerName(await answering(answer), 1), login, async () => undefined).catch(
      (failure) => failure,
    );
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.advice}`).not.toContain('CANARY ');
  });
});

describe('a password', () => {
  const user = '*2\r\n$9\r\npasswords\r\n*0\r\n';
  const noFile = '-ERR This Redis instance is not configured to use an ACL file.\r\n';
  const setBy = async (...answers: readonly string[]) => {
    const rotator = createRedisRotator({
      redis: { servers: [await answering(ok, ...answers)], user: 'bot', administrator: 'a/c' },
      path: 'a/b',
      fieldsOf: async () => ({ username: Secret.fromText('rotator'), password: Secret.fromText('x') }),
    });
    const to = new Map([['value', Secret.fromText('new')]]);
    return rotator.set({ from: undefined, to });
  };
  const sent = () =>
    commands.map((command) =>
      command
        .split('\r\n')
        .filter((_, at) => at % 2 === 0)
        .slice(1)
        .join(' ')
        .trim(),
    );

  test('is set and kept in one transaction', async () => {
    await setBy(user, ok, ok, '+QUEUED\r\n', '+QUEUED\r\n', '*2\r\n+OK\r\n+OK\r\n');
    const hash = '11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437';
    expect(sent().slice(1)).toEqual([
      'ACL GETUSER bot',
      'ACL SAVE',
      'MULTI',
      `ACL SETUSER bot #${hash}`,
      'ACL SAVE',
      'EXEC',
    ]);
  });

  test.each([
    ['a user that is not there', ['$-1\r\n'], 'config'],
    ['a server that keeps nothing', [user, noFile, '-ERR The server is running without a config file\r\n'], 'config'],
    [
      'a file of users that cannot be written',
      [user, '-ERR There was an error trying to save the ACLs\r\n'],
      'unavailable',
    ],
    ['who may not write the settings', [user, noFile, '-NOPERM this user has no permissions\r\n'], 'denied'],
  ])('is not set for %s', async (_of, answers, code) => {
    await expect(setBy(...answers)).rejects.toMatchObject({ code });
    expect(sent().join()).not.toContain('SETUSER');
  });

  test('that could not be kept within the transaction is taken back', async () => {
    const failing = setBy(user, ok, ok, '+QUEUED\r\n', '+QUEUED\r\n', '*2\r\n+OK\r\n-ERR There was an error\r\n', ok);
    await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
    expect(sent().at(-1)).toMatch(/^ACL SETUSER bot !/);
  });
});
