import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { withChannel } from '../../../../clients/socket/channel.js';
import { parseServerName } from '../../../../clients/socket/server-name.js';
import { Secret } from '../../../../core/secret.js';
import { bytesOf, KafkaReader } from './kafka-bytes.js';
import { KafkaSession } from './kafka-session.js';

let server: Server | undefined;
let requests: Buffer[] = [];
afterEach(() => {
  server?.close();
  requests = [];
});

const { int16, int32, string, bytes, compact, compactArray, varint, noTags } = bytesOf;
const answer = (id: number, ...parts: readonly Uint8Array[]) => bytes(Buffer.concat([int32(id), ...parts]));
/** The answer to a first request for versions, and the one to a second for the change. */
const versions = (...keys: readonly number[]) =>
  answer(1, int16(0), int32(keys.length), ...keys.map((key) => Buffer.concat([int16(key), int16(0), int16(1)])));
const altered = (...errors: readonly number[]) =>
  answer(
    2,
    noTags,
    int32(0),
    compactArray(errors.map((error) => Buffer.concat([compact('bot'), int16(error), compact('CANARY'), noTags]))),
    noTags,
  );

/** A session of a broker that gives these answers, and then none. */
async function session<T>(answers: readonly Uint8Array[], use: (session: KafkaSession) => Promise<T>): Promise<T> {
  const made = createServer((socket: Socket) => {
    let at = 0;
    socket.on('error', () => undefined);
    socket.on('data', (request) => {
      requests.push(request);
      const next = answers[at];
      at += 1;
      if (next === undefined) socket.destroy();
      else if (at < answers.length) socket.write(next);
      else socket.end(next);
    });
  });
  server = made;
  await once(made.listen(0, '127.0.0.1'), 'listening');
  const name = parseServerName(`127.0.0.1:${(made.address() as AddressInfo).port}`, 1);
  return withChannel(name, (channel) => use(new KafkaSession(channel, name)));
}
const credential = { salt: Buffer.from('salt'), password: Buffer.from('salted') };
const set = (...answers: readonly Uint8Array[]) =>
  session(answers, (broker) => broker.alter('bot', 'SCRAM-SHA-512', credential));
const login = { username: 'bot', password: Secret.fromText('CANARY') };
const logIn = (...answers: readonly Uint8Array[]) => session(answers, (broker) => broker.logIn(login, 'SCRAM-SHA-512'));

test('a request is written as the protocol says', async () => {
  expect(await set(versions(17, 51), altered(0))).toBe(true);
  const header = `00330000000000020007${Buffer.from('keyward').toString('hex')}00`;
  const user = `04${Buffer.from('bot').toString('hex')}02`;
  const salted =
    `${user}00001000` + `05${Buffer.from('salt').toString('hex')}` + `07${Buffer.from('salted').toString('hex')}00`;
  expect(requests[1]?.subarray(4).toString('hex')).toBe(`${header}0102${salted}00`);
});

test('a password that is not there is as good as taken away, and cannot be set', async () => {
  const remove = (error: number) =>
    session([versions(51), altered(error)], (broker) => broker.alter('bot', 'SCRAM-SHA-256'));
  expect(await remove(91)).toBe(true);
  await expect(set(versions(51), altered(91))).rejects.toMatchObject({ code: 'unavailable' });
});

test('a broker that is not the controller leaves it to another one', async () => {
  expect(await set(versions(51), altered(41))).toBe(false);
});

describe('an answer of Kafka', () => {
  test.each([
    [31, 'denied'],
    [58, 'unauthenticated'],
    [93, 'invalid'],
    [-1, 'unavailable'],
  ])('to the change, error %i, is %s, and its text is not repeated', async (error, code) => {
    const failure = await set(versions(51), altered(error)).catch((thrown) => thrown);
    expect(failure.code).toBe(code);
    expect(`${failure.message} ${failure.advice}`).not.toContain('CANARY');
  });

  test('without the request for passwords is of a broker that is too old', async () => {
    await expect(set(versions(17, 36))).rejects.toMatchObject({ code: 'config' });
  });

  test.each([
    ['another mechanism', [answer(1, int16(33), int32(1), string('PLAIN'))], 'config'],
    [
      'a refusal',
      [answer(1, int16(0), int32(0)), answer(2, int16(58), string('CANARY'), bytes(Buffer.of()))],
      'unauthenticated',
    ],
  ])('to the login, %s, is understood', async (_what, answers, code) => {
    const failure = await logIn(...answers).catch((thrown) => thrown);
    expect(failure.code).toBe(code);
    expect(failure.message).not.toContain('CANARY');
  });

  test.each([
    ['of nothing', [bytes(Buffer.of())]],
    ['of another request', [answer(7, int16(0), int32(0))]],
    ['that is too long', [int32(2 ** 30)]],
    ['of a negative length', [int32(-5)]],
    ['with more items than there are', [answer(1, int16(0), int32(1000))]],
    ['with a negative count', [answer(1, int16(0), int32(-2))]],
    ['with something behind it', [answer(1, int16(0), int32(0), Buffer.of(0))]],
    ['of another protocol', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],
    ['about nobody', [versions(51), altered()]],
    ['about several', [versions(51), altered(0, 0)]],
    ['that breaks off', [versions(51), altered(0).subarray(0, 9)]],
  ])('%s leaves open what happened', async (_what, answers) => {
    await expect(set(...answers)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test('numbers of variable length are read to their end, and no further than four bytes', () => {
  for (const value of [0, 1, 127, 128, 300, 2 ** 21, 2 ** 28 - 1]) {
    expect(new KafkaReader(varint(value)).varint()).toBe(value);
  }
  for (const wrong of [[], [0x80], [0x80, 0x80, 0x80, 0x80, 0x01]]) {
    expect(() => new KafkaReader(Buffer.from(wrong)).varint()).toThrowError(
      expect.objectContaining({ code: 'unavailable' }),
    );
  }
});
