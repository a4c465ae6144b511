import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../core/clock.js';
import { FakeClock } from '../../../testing/fake-clock.js';
import { entriesOf } from '../../../testing/sink-under-test.js';
import { accessSinkContract } from '../../access-sink.contract.js';
import { createHttpSink } from './http.js';

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never answers. */
  readonly isSilent?: boolean;
}

interface Collector {
  readonly url: URL;
  readonly requests: { readonly body: string; readonly headers: Readonly<Record<string, unknown>> }[];
  answer: Answer;
}

const servers: Server[] = [];

async function collector(): Promise<Collector> {
  const requests: Collector['requests'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { status, headers, isSilent } = made.answer;
      if (status < 300) requests.push({ body, headers: request.headers });
      if (isSilent !== true) response.writeHead(status, headers).end('thanks');
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const made: Collector = { url: new URL(`http://127.0.0.1:${port}/in`), requests, answer: { status: 204 } };
  return made;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

accessSinkContract({ describe, test, skip: test.skip }, 'http', async () => {
  const made = await collector();
  return {
    subject: {
      sink: createHttpSink({ url: made.url, clock: systemClock }),
      arrived: async () => entriesOf(made.requests.map(({ body }) => body).join('')),
      setDown: (isDown) => {
        made.answer = { status: isDown ? 503 : 204 };
      },
    },
  };
});

const entry = {
  event: 'lost',
  time: '2030-01-01T00:00:00.000Z',
  level: 'warn',
  principal: 'p',
  process: 1,
  environment: 'test',
  count: 1,
} as const;

describe('the access log over HTTP', () => {
  test('posts lines of JSON, with the token of the moment and nothing else of Keyward', async () => {
    const { url, requests } = await collector();
    const tokens = ['t1', 't2'];
    const sink = createHttpSink({ url, clock: systemClock, token: async () => tokens.shift() ?? '' });
    await sink.write([entry]);
    await sink.write([entry]);
    expect(requests.map(({ headers }) => headers['authorization'])).toEqual(['Bearer t1', 'Bearer t2']);
    expect(requests[0]?.headers['content-type']).toBe('application/x-ndjson');
  });

  test.each([
    [429, 'throttled'],
    [500, 'unavailable'],
    [408, 'unavailable'],
    [401, 'unauthenticated'],
    [403, 'denied'],
    [404, 'config'],
    [400, 'config'],
  ])('the answer %i is %s', async (status, code) => {
    const made = await collector();
    made.answer = { status };
    const sink = createHttpSink({ url: made.url, clock: systemClock });
    await expect(sink.write([entry])).rejects.toMatchObject({ code });
  });

  test('a redirect is not followed, and its target gets no token', async () => {
    const [first, other] = [await collector(), await collector()];
    first.answer = { status: 307, headers: { location: other.url.href } };
    const sink = createHttpSink({ url: first.url, clock: systemClock, token: async () => 'canary' });
    await expect(sink.write([entry])).rejects.toMatchObject({ code: 'config' });
    expect(other.requests).toEqual([]);
  });

  test('a server that does not answer is given up after five seconds', async () => {
    const made = await collector();
    made.answer = { status: 500, isSilent: true };
    const clock = new FakeClock();
    const written = createHttpSink({ url: made.url, clock }).write([entry]);
    const refused = expect(written).rejects.toMatchObject({ code: 'timeout' });
    await clock.advance(5_000);
    await refused;
  });

  test('a server that is not there is unavailable, and no message holds the token or the query', async () => {
    const { url } = await collector();
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    url.searchParams.set('key', 'canary');
    const sink = createHttpSink({ url, clock: systemClock, token: async () => 'canary' });
    const error = await sink.write([entry]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(`${String(error)}${sink.name}`).not.toContain('canary');
  });
});
