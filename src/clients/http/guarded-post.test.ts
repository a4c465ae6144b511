import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { rejected } from '../../core/provider-read.contract.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { testCertificate } from '../../testing/test-certificate.js';
import { guardedPost, type Post, type PostTarget } from './guarded-post.js';
import { parseServerAddress } from './origin.js';

const { certificate, key } = testCertificate(['hook.example', 'localhost', '127.0.0.1']);

let server: Server;
let handle: RequestListener;
let seen: string[];

beforeEach(async () => {
  seen = [];
  handle = (_incoming, outgoing) => void outgoing.end('ok');
  server = createServer({ cert: certificate, key }, (incoming, outgoing) => {
    seen.push(`${incoming.headers.host} ${incoming.url}`);
    handle(incoming, outgoing);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const port = () => (server.address() as AddressInfo).port;
const body = new TextEncoder().encode('{}');

function post(host: string, change: Partial<PostTarget & Post> = {}) {
  const address = parseServerAddress(`https://${host}:${port()}/hook`, 'url');
  const tls = { ca: [certificate] };
  return guardedPost(
    { name: 'hook', address, tls, caSetting: 'ca', clock: systemClock, ...change },
    { body, ...change },
  );
}

describe('a post to an address that a configuration names', () => {
  test('reaches it', async () => {
    expect((await post('localhost')).status).toBe(200);
    expect((await post('127.0.0.1')).status).toBe(200);
    expect(seen).toEqual(
      [`localhost:${port()}/hook`, `127.0.0.1:${port()}/hook`].map((text) => text.replace('/', ' /')),
    );
  });

  test('goes to none that a name stands for on this machine, by the first answer or a later one', async () => {
    await rejected(post('hook.example', { resolve: async () => ['127.0.0.1'] }), 'config');
    const answers = [['192.0.2.1'], ['127.0.0.1']];
    const clock = new FakeClock();
    const asked = post('hook.example', { resolve: async () => answers.shift() ?? [], clock });
    const failed = rejected(asked, 'timeout', 'unavailable').then(({ message }) =>
      expect(message).not.toMatch(/ENOTFOUND|EAI_AGAIN/),
    );
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(5_000);
    await failed;
    expect(answers).toEqual([['127.0.0.1']]);
    expect(seen).toEqual([]);
  });

  test('goes to the address that was looked at, and to nobody without the certificate of the name', async () => {
    await rejected(post('localhost', { tls: { ca: [testCertificate().certificate] } }), 'integrity');
    await rejected(post('localhost', { tls: {} }), 'integrity');
    const resolve = async () => ['127.0.0.1'];
    expect((await post('localhost', { resolve })).status).toBe(200);
    expect(seen).toHaveLength(1);
  });

  test.each([301, 302, 307, 308])('is not sent on, neither elsewhere nor to the same server: %i', async (status) => {
    for (const location of ['/other', 'https://192.0.2.1/', 'http://169.254.169.254/']) {
      handle = (_incoming, outgoing) => void outgoing.writeHead(status, { location }).end();
      await rejected(post('localhost'), 'invalid');
    }
    expect(seen).toHaveLength(3);
  });

  test('takes no more than a mebibyte', async () => {
    handle = (_incoming, outgoing) => void outgoing.end('x'.repeat(1024 * 1024 + 1));
    await rejected(post('localhost'), 'invalid');
  });

  test('waits five seconds', async () => {
    const clock = new FakeClock();
    const arrived = new Promise<void>((resolve) => {
      handle = () => resolve();
    });
    const asked = rejected(post('localhost', { clock }), 'timeout');
    await arrived;
    await clock.advance(5_000);
    await asked;
  });

  test('waits no longer for a name to be resolved', async () => {
    const clock = new FakeClock();
    const asked = rejected(post('hook.example', { clock, resolve: () => new Promise(() => undefined) }), 'timeout');
    await clock.advance(5_000);
    await asked;
  });

  test('uses no proxy of the environment', async () => {
    const before = process.env['HTTPS_PROXY'];
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:1';
    try {
      expect((await post('localhost')).status).toBe(200);
    } finally {
      if (before === undefined) delete process.env['HTTPS_PROXY'];
      else process.env['HTTPS_PROXY'] = before;
    }
  });
});
