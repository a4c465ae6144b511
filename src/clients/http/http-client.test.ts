import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { rejected } from '../../core/provider-read.contract.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { FaultProxy } from '../../testing/fault-proxy.js';
import { HttpClient, type HttpClientOptions, type HttpRequest } from './http-client.js';
import { parseServerAddress } from './origin.js';

type Handle = (incoming: IncomingMessage, outgoing: ServerResponse, body: string) => void;

let server: Server;
let handle: Handle;
let address: string;
let seen: string[];
let connections: number;
const clients: HttpClient[] = [];

beforeEach(async () => {
  seen = [];
  connections = 0;
  handle = (_incoming, outgoing) => void outgoing.end('{}');
  server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks).toString();
    seen.push(`${incoming.method} ${incoming.url} ${body}`.trim());
    handle(incoming, outgoing, body);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  address = typeof bound === 'object' && bound !== null ? `http://127.0.0.1:${bound.port}` : '';
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function client(options: Partial<HttpClientOptions> = {}, at = address): HttpClient {
  const parsed = parseServerAddress(at, 'ADDR');
  const made = new HttpClient({ store: 'vault', address: parsed, caSetting: 'CACERT', clock: systemClock, ...options });
  clients.push(made);
  return made;
}
const get = (path: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  path,
  timeoutMs: 30_000,
  maxBytes: 1_000_000,
  ...more,
});
const put = (path: string, text: string) => get(path, { method: 'PUT', body: new TextEncoder().encode(text) });
const textOf = ({ body }: { readonly body: Uint8Array }) => new TextDecoder().decode(body);

describe('a request', () => {
  test('is answered with status, headers and bytes, whatever the status', async () => {
    handle = (_incoming, outgoing) => void outgoing.writeHead(404, { 'X-One': 'a' }).end('nothing');
    const answer = await client().request(get('/here?a=b'));
    expect([answer.status, answer.headers.get('x-one'), textOf(answer)]).toEqual([404, 'a', 'nothing']);
    expect(seen).toEqual(['GET /here?a=b']);
  });

  test('stands below the path of the address', async () => {
    await client({}, `${address}/behind/a/gateway/`).request(get('/v1/x'));
    expect(seen).toEqual(['GET /behind/a/gateway/v1/x']);
  });

  test('goes where it is told, in place of what the name stands for', async () => {
    const to = { ...parseServerAddress(address, 'ADDR'), hostname: 'store.invalid' };
    const made = new HttpClient({
      store: 'x',
      address: to,
      addresses: ['127.0.0.1'],
      caSetting: 'ca',
      clock: systemClock,
    });
    clients.push(made);
    expect((await made.request(get('/here'))).status).toBe(200);
  });

  test('uses a kept connection for a question and one of its own for a change', async () => {
    const one = client();
    for (let i = 0; i < 3; i += 1) await one.request(get('/'));
    expect(connections).toBe(1);
    for (let i = 0; i < 2; i += 1) await one.request(put('/', 'x'));
    expect(connections).toBe(3);
  });

  test('uses a kept connection for a question that looks like a change, where it is said', async () => {
    const one = client();
    for (let i = 0; i < 3; i += 1) await one.request({ ...put('/', 'x'), isRepeatable: true });
    expect(connections).toBe(1);
  });

  test('is asked again when the kept connection is gone, and a new one is not', async () => {
    const proxy = await FaultProxy.start({ address });
    const one = client({}, proxy.address);
    await one.request(get('/first'));
    await proxy.spoil({ kind: 'reset' }, { count: 1 });
    expect((await one.request(get('/second'))).status).toBe(200);
    await proxy.spoil({ kind: 'reset' });
    await rejected(one.request(get('/third')), 'unavailable');
    await proxy.stop();
  });

  test('has one deadline for the whole exchange', async () => {
    const clock = new FakeClock();
    const arrived = new Promise<void>((resolve) => {
      handle = (_incoming, outgoing) => {
        outgoing.writeHead(200).write('{');
        resolve();
      };
    });
    const asked = rejected(client({ clock }).request(get('/', { timeoutMs: 5_000 })), 'timeout');
    await arrived;
    await clock.advance(5_000);
    expect((await asked).message).toContain('5000 ms');
  });

  test.each(['before the answer', 'in the middle of it'])('is ended when the caller gives up, %s', async (when) => {
    const giveUp = new AbortController();
    const ended = new Promise<void>((resolve) => {
      handle = (_incoming, outgoing) => {
        outgoing.once('close', resolve);
        if (when === 'in the middle of it') outgoing.writeHead(200, { 'content-length': '9' }).write('{');
        setImmediate(() => giveUp.abort());
      };
    });
    await rejected(client().request(get('/', { signal: giveUp.signal })), 'timeout');
    await ended;
    expect(seen).toHaveLength(1);
  });

  test('that is broken off is no answer', async () => {
    handle = (_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '9' });
      outgoing.write('{', () => outgoing.destroy());
    };
    await rejected(client().request(get('/')), 'unavailable');
  });

  test('has its deadline also while it waits for a connection', async () => {
    const clock = new FakeClock();
    let arrived = 0;
    let note = () => {};
    const allArrived = new Promise<void>((resolve) => {
      note = resolve;
    });
    handle = () => {
      arrived += 1;
      if (arrived === 32) note();
    };
    const asking = client({ clock });
    const others = Array.from({ length: 32 }, () => rejected(asking.request(get('/')), 'timeout'));
    await allArrived;
    const asked = rejected(asking.request(get('/last', { timeoutMs: 5_000 })), 'timeout');
    await clock.advance(5_000);
    await asked;
    expect(seen).not.toContain('GET /last');
    await clock.advance(25_000);
    await Promise.all(others);
  });

  test('is refused when it is answered with more than it takes', async () => {
    handle = (_incoming, outgoing) => void outgoing.end('x'.repeat(1_001));
    await rejected(client().request(get('/', { maxBytes: 1_000 })), 'invalid');
    expect((await client().request(get('/', { maxBytes: 1_001 }))).body).toHaveLength(1_001);
  });

  test('hands its answer over as it comes, and ends when nothing more does', async () => {
    const clock = new FakeClock();
    const parts: string[] = [];
    let come = () => {};
    let note = () => {};
    const next = () =>
      new Promise<void>((resolve) => {
        note = resolve;
      });
    handle = (_incoming, outgoing) => {
      outgoing.write('first');
      come = () => void outgoing.write('second');
    };
    const onData = (chunk: Uint8Array) => {
      parts.push(new TextDecoder().decode(chunk));
      note();
    };
    const first = next();
    const asked = rejected(client({ clock }).request(get('/', { onData })), 'timeout');
    await first;
    await clock.advance(29_999);
    const second = next();
    come();
    await second;
    await clock.advance(29_999);
    expect(parts).toEqual(['first', 'second']);
    await clock.advance(1);
    await asked;
  });

  test('is refused when it is answered compressed', async () => {
    handle = (_incoming, outgoing) => void outgoing.writeHead(200, { 'content-encoding': 'gzip' }).end('x');
    await rejected(client().request(get('/')), 'invalid');
  });

  test('is sent nowhere while the verification of servers is switched off', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const error = await rejected(client().request(get('/')), 'config');
      expect(error.advice).toContain('CACERT');
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    expect(seen).toEqual([]);
  });

  test('over TLS to what speaks none is a failed proof', async () => {
    await rejected(client({}, address.replace('http', 'https')).request(get('/')), 'integrity');
    expect(seen).toEqual([]);
  });
});

describe('a redirect', () => {
  const redirect =
    (status: number, location: string): Handle =>
    (incoming, outgoing) => {
      if (incoming.url === '/from') outgoing.writeHead(status, { location }).end();
      else outgoing.end('arrived');
    };

  test.each([301, 302, 303, 307, 308])('of a question is followed within the server (%i)', async (status) => {
    handle = redirect(status, '/to?a=b');
    expect(textOf(await client().request(get('/from')))).toBe('arrived');
    expect(seen).toEqual(['GET /from', 'GET /to?a=b']);
  });

  test.each([307, 308])('of a change is followed with its body where the method stays (%i)', async (status) => {
    handle = redirect(status, `${address}/to`);
    expect(textOf(await client().request(put('/from', 'kept')))).toBe('arrived');
    expect(seen).toEqual(['PUT /from kept', 'PUT /to kept']);
  });

  test.each([301, 302, 303])('of a change is not followed where the method may not stay (%i)', async (status) => {
    handle = redirect(status, '/to');
    await rejected(client().request(put('/from', 'kept')), 'invalid');
    expect(seen).toEqual(['PUT /from kept']);
  });

  test('to another server is refused, also to another port, scheme or name of this machine', async () => {
    const other = await FaultProxy.start();
    const port = new URL(address).port;
    const places = [
      other.address,
      `//localhost:${port}/x`,
      `https://127.0.0.1:${port}/x`,
      'file:///etc/passwd',
      'http:',
    ];
    for (const location of places) {
      handle = redirect(307, location);
      await rejected(client().request(get('/from', { headers: { 'x-vault-token': 'secret' } })), 'invalid');
    }
    expect(other.requests).toEqual([]);
    await other.stop();
  });

  test('is followed twice and no more, or never', async () => {
    handle = (_incoming, outgoing) => void outgoing.writeHead(307, { location: '/from' }).end();
    await rejected(client().request(get('/from')), 'invalid');
    expect(seen).toHaveLength(3);
    await rejected(client({ maxRedirects: 0 }).request(get('/from')), 'invalid');
    expect(seen).toHaveLength(4);
  });
});

describe('an address', () => {
  const parse = (text: string, allowPlaintext?: boolean) => parseServerAddress(text, 'VAULT_ADDR', allowPlaintext);
  const refused = (text: string) =>
    expect(() => parse(text), text).toThrow(expect.objectContaining({ code: 'config' }));

  test('is https, or http on this machine', () => {
    expect(parse('https://vault.example.com:8200/x/')).toMatchObject({ port: 8200, basePath: '/x', isTls: true });
    for (const host of ['127.0.0.1', '127.8.0.1', 'localhost', '[::1]'])
      expect(parse(`http://${host}:1`).isTls).toBe(false);
    expect(parse('http://[::1]:8200').hostname).toBe('::1');
  });

  test('elsewhere without TLS needs a word', () => {
    for (const host of [
      'vault.example.com',
      '10.0.0.1',
      '127.0.0.1.example.com',
      'localhost.example',
      '0x7f.1.example',
    ]) {
      refused(`http://${host}`);
    }
    expect(parse('http://10.0.0.1', true).isTls).toBe(false);
  });

  test('holds no credential, query or other scheme, and none of it is repeated', () => {
    for (const text of [
      '',
      'vault',
      'ftp://x',
      'file:///x',
      'https://u:canary@x',
      'https://x/?canary',
      'https://x/#canary',
    ]) {
      refused(text);
      expect(() => parse(text)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('canary') }));
    }
  });
});
