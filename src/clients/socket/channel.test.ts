import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import { testCertificate } from '../../testing/test-certificate.js';
import { type Channel, withChannel } from './channel.js';
import { parseServerName } from './server-name.js';

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
});

async function listening(made: Server, host = '127.0.0.1') {
  server = made;
  await once(made.listen(0), 'listening');
  return parseServerName(`${host}:${(made.address() as AddressInfo).port}`, 1);
}
const sending = (...chunks: readonly string[]) =>
  createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    for (const chunk of chunks) socket.write(chunk);
    socket.end();
  });
const hello = async (channel: Channel) => {
  channel.write(Buffer.from('CANARY'));
  return channel.readLine(10);
};

describe('a name of a server', () => {
  test.each([
    ['db.internal', 'db.internal:6379', true],
    ['db.internal:1', 'db.internal:1', true],
    ['localhost', 'localhost:6379', false],
    ['127.0.0.2:7', '127.0.0.2:7', false],
    ['[::1]:7', '[::1]:7', false],
    ['[fe80::1]', '[fe80::1]:6379', true],
    ['127.0.0.1.example.com', '127.0.0.1.example.com:6379', true],
  ])('%s is %s, over TLS: %s', (given, text, isTls) => {
    expect(parseServerName(given, 6379)).toMatchObject({ text, isTls });
  });

  test.each(['', 'a:b', 'a:0', 'a:65536', 'redis://a', 'a/b', 'user@a', '::1', 'a b', 'a:1:2'])(
    '%j is none',
    (text) => {
      expect(() => parseServerName(text, 6379)).toThrowError(expect.objectContaining({ code: 'config' }));
    },
  );
});

describe('beyond this machine', () => {
  test('nothing is sent to a server that does not encrypt', async () => {
    const received: Buffer[] = [];
    const name = await listening(
      createServer((socket) =>
        socket
          .on('error', () => undefined)
          .on('data', (bytes) => {
            received.push(bytes);
            socket.end('+OK\r\n');
          }),
      ),
      '0.0.0.0',
    );
    await expect(withChannel(name, hello)).rejects.toMatchObject({ code: 'integrity' });
    const tlsHandshake = 0x16;
    expect(Buffer.concat(received)[0]).toBe(tlsHandshake);
    expect(Buffer.concat(received).toString('latin1')).not.toContain('CANARY');
  });

  test('nothing is sent to a server that nobody vouches for', async () => {
    const received: Buffer[] = [];
    const { certificate: cert, key } = testCertificate();
    const made = createTlsServer({ cert, key }, (socket) => socket.on('data', (bytes) => received.push(bytes)));
    made.on('tlsClientError', () => undefined);
    await expect(withChannel(await listening(made, '0.0.0.0'), hello)).rejects.toMatchObject({ code: 'integrity' });
    expect(received).toEqual([]);
  });
});

describe('an answer', () => {
  test('is read by lines and by lengths, however it comes', async () => {
    const name = await listening(sending('+O', 'K\r', '\nab', 'c', 'def\r\n'));
    const read = withChannel(name, async (channel) => [
      await channel.readLine(3),
      (await channel.read(4)).toString(),
      await channel.readLine(2),
    ]);
    expect(await read).toEqual(['+OK', 'abcd', 'ef']);
  });

  test.each(['0123456789\r\n', '01234567890123456789'])(
    'that is longer than it may be is refused: %j',
    async (text) => {
      const answer = withChannel(await listening(sending(text)), (channel) => channel.readLine(9));
      await expect(answer).rejects.toMatchObject({ code: 'unavailable' });
    },
  );

  test('that breaks off, or does not come in time, leaves open what happened', async () => {
    const broken = withChannel(await listening(sending('+O')), hello);
    await expect(broken).rejects.toMatchObject({ code: 'unavailable' });
    server?.close();
    const clock = new FakeClock();
    const connected = await listening(createServer((socket) => socket.on('data', () => void clock.advance(15_000))));
    await expect(withChannel(connected, hello, clock)).rejects.toMatchObject({ code: 'timeout' });
    await expect(withChannel(parseServerName('127.0.0.1:1', 1), hello)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
