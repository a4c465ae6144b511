import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../../../core/secret.js';
import { withSession } from './postgres-session.js';

let server: Server;
afterEach(() => server.close());

const message = (type: string, body = Buffer.of()) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
};
const errorOf = (code: string) => message('E', Buffer.from(`SERROR\0C${code}\0MCANARY of the statement\0\0`));
const ready = message('Z', Buffer.from('I'));
const welcome = Buffer.concat([message('R', Buffer.alloc(4)), ready]);

/** Answers the login, then the statement, or ends the connection where it has no answer. */
async function failureOf(...answers: readonly Buffer[]) {
  server = createServer((socket: Socket) => {
    let at = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const answer = answers[at];
      at += 1;
      if (answer === undefined) socket.destroy();
      else socket.write(answer);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const login = { username: 'bot', password: Secret.fromText('CANARY') };
  const error = await withSession({ host: '127.0.0.1', port }, login, (client) => client.query('ALTER')).catch(
    (failure) => failure,
  );
  expect(`${error.message} ${error.advice}`).not.toContain('CANARY');
  return error.code;
}

test('beyond this machine nothing is sent to a server that does not encrypt', async () => {
  const received: Buffer[] = [];
  server = createServer((socket) => socket.on('data', (bytes) => socket.write(received.push(bytes) === 1 ? 'N' : '')));
  await once(server.listen(0), 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = withSession({ host: '0.0.0.0', port }, { username: 'bot', password: Secret.fromText('x') }, () =>
    Promise.resolve(),
  );
  await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
  const sslRequest = '0000000804d2162f';
  expect(Buffer.concat(received).toString('hex')).toBe(sslRequest);
});

test('a name that stands for the metadata of a cloud is not connected to', async () => {
  const login = { username: 'bot', password: Secret.fromText('x') };
  const answer = withSession({ host: '169.254.169.254' }, login, () => Promise.resolve());
  await expect(answer).rejects.toMatchObject({ code: 'config' });
});

describe('an answer of PostgreSQL', () => {
  test.each([
    ['28P01', 'unauthenticated'],
    ['28000', 'unauthenticated'],
    ['42501', 'denied'],
    ['3D000', 'config'],
    ['53300', 'unavailable'],
    ['57P03', 'unavailable'],
  ])('to the login, %s, is %s', async (code, expected) => {
    expect(await failureOf(errorOf(code))).toBe(expected);
  });

  test.each([
    ['22023', 'invalid'],
    ['28000', 'invalid'],
    ['42501', 'denied'],
    ['42704', 'config'],
    ['25006', 'unavailable'],
  ])('to the statement, %s, is %s', async (code, expected) => {
    expect(await failureOf(welcome, Buffer.concat([errorOf(code), ready]))).toBe(expected);
  });

  test('that does not come leaves open what happened', async () => {
    expect(await failureOf()).toBe('unavailable');
    expect(await failureOf(welcome)).toBe('unavailable');
  });
});
