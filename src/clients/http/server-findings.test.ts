import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import { parseServerAddress } from './origin.js';
import { serverFindings } from './server-findings.js';

const noon = Date.parse('2026-06-01T12:00:00Z');
let server: Server | undefined;

afterEach(async () => {
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
});

async function findingsFor(date: string | undefined) {
  const requests: string[] = [];
  const listening = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'nothing'}`);
    response.sendDate = false;
    if (date !== undefined) response.setHeader('date', date);
    response.end();
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const bound = listening.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const address = parseServerAddress(`http://127.0.0.1:${port}/base`, 'address');
  const clock = new FakeClock(noon);
  return { findings: await serverFindings({ store: 'far', address, clock }), requests };
}

describe('what is to be said about a server', () => {
  test('nothing when the clocks agree, and it was asked without a credential', async () => {
    const { findings, requests } = await findingsFor('Mon, 01 Jun 2026 12:00:59 GMT');
    expect(findings).toEqual([]);
    expect(requests).toEqual(['HEAD /base/ nothing']);
  });

  test.each([
    ['Mon, 01 Jun 2026 12:05:00 GMT', "this machine's clock is 300 s behind the server's"],
    ['Mon, 01 Jun 2026 11:58:00 GMT', "this machine's clock is 120 s ahead of the server's"],
  ])('a clock that differs is said: %s', async (date, cause) => {
    expect((await findingsFor(date)).findings).toMatchObject([{ severity: 'warning', cause }]);
  });

  test.each([undefined, 'soon'])('no time (%s) gives nothing', async (date) => {
    expect((await findingsFor(date)).findings).toEqual([]);
  });

  test('a server that is not there gives nothing', async () => {
    const address = parseServerAddress('http://127.0.0.1:1', 'address');
    expect(await serverFindings({ store: 'far', address, clock: new FakeClock(noon) })).toEqual([]);
  });
});
