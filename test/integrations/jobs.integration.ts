import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Example } from './example.js';

let example: Example;
let exchange: Server | undefined;
afterEach(async () => {
  await example.remove();
  exchange?.close();
  exchange = undefined;
});

/** An exchange that knows one key at a time, checks signatures, and answers as Binance does. */
async function startExchange(): Promise<{ readonly url: string; accepted: { key: string; secret: string } }> {
  const isSigned = ({ url = '', headers }: IncomingMessage, { key, secret }: { key: string; secret: string }) => {
    const [query = '', signature] = (url.split('?')[1] ?? '').split('&signature=');
    return headers['x-mbx-apikey'] === key && createHmac('sha256', secret).update(query).digest('hex') === signature;
  };
  const state = { accepted: { key: 'key-1', secret: 'secret-1' }, url: '' };
  exchange = createServer((request, response) => {
    const isRefused = request.url?.startsWith('/account') === true && !isSigned(request, state.accepted);
    response.statusCode = isRefused ? 401 : 200;
    response.setHeader('content-type', 'application/json');
    const refusal = { code: -2015, msg: 'Invalid API-key, IP, or permissions for action.' };
    response.end(JSON.stringify(isRefused ? refusal : { canTrade: true, balances: [] }));
  });
  await new Promise<void>((resolve) => exchange?.listen(0, '127.0.0.1', resolve));
  const { port } = exchange.address() as AddressInfo;
  state.url = `http://127.0.0.1:${port}`;
  return state;
}

const trading = `
import { createInterface } from 'node:readline/promises';
import { openSecrets } from 'keyward';
import { openExchange } from './exchange.mjs';
const secrets = await openSecrets();
const binance = openExchange(secrets, 'binance', { urls: { api: { private: process.env.EXCHANGE } } });
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  try {
    const { canTrade } = await binance((exchange) => exchange.privateGetAccount());
    console.log('may trade: ' + canTrade);
  } catch (error) {
    console.log('refused with ' + error.constructor.name);
  }
}
`;

describe('ccxt', () => {
  test('signs with the credentials of the moment, and goes over to others in the call that is refused', async () => {
    example = Example.withStore('ccxt');
    const stub = await startExchange();
    const rotateTo = (n: number) =>
      example.keyward(['set', 'exchange/binance', `api_key=key-${n}`, `api_secret=secret-${n}`]);
    rotateTo(1);
    example.write('trading.mjs', trading);
    const program = example.start(['trading.mjs'], { EXCHANGE: stub.url });
    await program.printed(/ready/);
    expect(await program.ask('trade')).toBe('may trade: true');
    stub.accepted = { key: 'key-2', secret: 'secret-2' };
    rotateTo(2);
    expect(await program.ask('trade')).toBe('may trade: true');
    stub.accepted = { key: 'key-3', secret: 'secret-3' };
    expect(await program.ask('trade')).toBe('refused with DDoSProtection');
    expect(program.output()).not.toMatch(/(?:key|secret)-\d/);
  });
});

const queue = `
import { createMemoryProvider, createTestSecrets } from 'keyward/testing';
import { createProcessor } from './processor.mjs';
const documents = { 'exchange/binance': { api_key: 'first', api_secret: 's' } };
const store = createMemoryProvider({ secrets: documents });
const placed = [];
let accepted = 'first';
const process = createProcessor(createTestSecrets({ providers: [store] }), async ({ apiKey }, order) => {
  if (apiKey.expose() !== accepted) throw Object.assign(new Error('unauthorized'), { status: 401 });
  if (order.symbol === 'DOWN') throw new Error('connection reset');
  placed.push(order.id + ' with ' + apiKey.expose());
});
const attempt = (id, exchange, symbol) =>
  process({ id, data: { exchange, order: { symbol } } }).then(() => 'completed', ({ name }) => name);
const outcomes = [await attempt(1, 'binance', 'BTC')];
accepted = 'second';
store.set('exchange/binance', { api_key: 'second', api_secret: 's' });
outcomes.push(await attempt(2, 'binance', 'BTC'), await attempt(3, 'kraken', 'BTC'), await attempt(4, 'binance', 'DOWN'));
console.log(JSON.stringify({ outcomes, placed }));
`;

describe('a processor of jobs', () => {
  test('follows a rotation, gives up what cannot succeed, and leaves the rest to the queue', () => {
    example = new Example('job-queue');
    example.write('queue.mjs', queue);
    expect(JSON.parse(example.node(['queue.mjs']))).toEqual({
      outcomes: ['completed', 'completed', 'UnrecoverableError', 'Error'],
      placed: ['1 with first', '2 with second'],
    });
  });
});

describe('the tests of a program', () => {
  test('run with a store in memory and a clock of their own', () => {
    example = new Example('unit-tests');
    expect(example.node(['--test', '--test-reporter=tap', 'sessions.test.mjs'])).toMatch(/^# pass 2$/m);
  });
});
