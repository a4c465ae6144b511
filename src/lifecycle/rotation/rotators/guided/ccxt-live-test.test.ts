import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createCcxtLiveTest } from './ccxt-live-test.js';

/** An exchange in its documented words: what it answers to each request. */
class ScriptedExchange {
  readonly requests: string[] = [];
  readonly #server: Server;
  #answer: { status: number; body: unknown } = { status: 200, body: {} };

  constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url?.split('?')[0]}`);
      response.writeHead(this.#answer.status, { 'content-type': 'application/json' });
      response.end(typeof this.#answer.body === 'string' ? this.#answer.body : JSON.stringify(this.#answer.body));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  answers(body: unknown, status = 200): void {
    this.#answer = { status, body };
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const opened: ScriptedExchange[] = [];
afterEach(() => {
  for (const exchange of opened.splice(0)) exchange.close();
});

const signingKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pem = signingKey.export({ type: 'sec1', format: 'pem' }).toString();
const keyOf = (exchange: string) =>
  new Map([
    ['api_key', 'the-key'],
    ['api_secret', exchange === 'coinbase' ? pem : 'dGhlLXNlY3JldA=='],
    ['passphrase', 'the-phrase'],
    ['testnet', 'false'],
  ]);

async function asking(name: string) {
  const exchange = new ScriptedExchange();
  opened.push(exchange);
  const server = await exchange.listen();
  const live = await createCcxtLiveTest(name, server);
  return { exchange, examine: async () => live?.examine(keyOf(name)) };
}

const reading = {
  ipRestrict: true,
  createTime: 1_698_645_219_000,
  enableReading: true,
  enableWithdrawals: false,
  enableInternalTransfer: false,
  enableMargin: false,
  enableFutures: false,
  permitsUniversalTransfer: false,
  enableVanillaOptions: false,
  enableFixApiTrade: false,
  enableFixReadOnly: true,
  enableSpotAndMarginTrading: false,
  enablePortfolioMarginTrading: false,
};
const okx = (perm: string, ip: string) => ({ code: '0', msg: '', data: [{ acctLv: '2', label: 'bot', perm, ip }] });
const bybit = (readOnly: number, permissions: object, ips: readonly string[]) => ({
  retCode: 0,
  retMsg: '',
  result: { id: '1', note: 'bot', apiKey: 'the-key', readOnly, secret: '', permissions, ips },
});

describe('what an exchange says of a key', () => {
  test.each([
    ['binance', 'GET /sapi/v1/account/apiRestrictions', reading, { trade: false, move: false, addresses: 'some' }],
    [
      'binance',
      'GET /sapi/v1/account/apiRestrictions',
      { ...reading, ipRestrict: false, enableFutures: true, enableWithdrawals: true },
      { trade: true, move: true, addresses: 'any' },
    ],
    [
      'binance',
      'GET /sapi/v1/account/apiRestrictions',
      { ...reading, permitsUniversalTransfer: true },
      { trade: false, move: true, addresses: 'some' },
    ],
    ['binance', 'GET /sapi/v1/account/apiRestrictions', { ...reading, enableSomethingNew: true }, { trade: true }],
    [
      'okx',
      'GET /api/v5/account/config',
      okx('read_only', '203.0.113.10,203.0.113.11'),
      { trade: false, move: false, addresses: ['203.0.113.10', '203.0.113.11'], label: 'bot' },
    ],
    [
      'okx',
      'GET /api/v5/account/config',
      okx('read_only,trade,withdraw', ''),
      { trade: true, move: true, addresses: 'any' },
    ],
    [
      'bybit',
      'GET /v5/user/query-api',
      bybit(1, { Spot: ['SpotTrade'], Wallet: ['Withdraw'] }, ['203.0.113.10']),
      { trade: false, move: false, addresses: ['203.0.113.10'], label: 'bot' },
    ],
    [
      'bybit',
      'GET /v5/user/query-api',
      bybit(0, { Spot: ['SpotTrade'], Wallet: ['AccountTransfer'] }, ['*']),
      { trade: true, move: true, addresses: 'any' },
    ],
    ['bybit', 'GET /v5/user/query-api', bybit(0, { Spot: [], Wallet: [] }, ['*']), { trade: false, move: false }],
    [
      'coinbase',
      'GET /api/v3/brokerage/key_permissions',
      { can_view: true, can_trade: false, can_transfer: false, portfolio_uuid: 'x' },
      { trade: false, move: false },
    ],
  ])('%s: %s', async (name, request, answer, facts) => {
    const { exchange, examine } = await asking(name);
    exchange.answers(answer);
    expect(await examine()).toMatchObject(facts);
    expect(exchange.requests).toEqual([request]);
  });

  test.each([
    ['binance', 401, { code: -2015, msg: 'Invalid API-key, IP, or permissions for action: the-key' }],
    ['binance', 401, { code: -2014, msg: 'API-key format invalid.' }],
    ['okx', 401, { code: '50111', msg: 'Invalid OK-ACCESS-KEY' }],
    ['okx', 401, { code: '50110', msg: 'Your IP 203.0.113.9 is not included in your API key IP whitelist.' }],
    ['bybit', 200, { retCode: 10003, retMsg: 'API key is invalid.' }],
    ['kraken', 200, { error: ['EAPI:Invalid key'] }],
  ])('%s refuses it with %i %j', async (name, status, answer) => {
    const { exchange, examine } = await asking(name);
    exchange.answers(answer, status);
    await expect(examine()).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  test.each([
    ['binance', 503, 'Service unavailable'],
    ['binance', 400, { code: -1021, msg: 'Timestamp for this request is outside of the recvWindow.' }],
    ['binance', 200, {}],
    ['binance', 200, []],
    ['binance', 200, '<html>the-key</html>'],
    ['bybit', 200, { retCode: 0, result: {} }],
    ['coinbase', 500, {}],
  ])('%s says nothing of it with %i %j', async (name, status, answer) => {
    const { exchange, examine } = await asking(name);
    exchange.answers(answer, status);
    const error: unknown = await examine().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(JSON.stringify([error, String(error), error instanceof Error && error.cause])).not.toMatch(/the-/);
  });

  test('is not known of an exchange that ccxt does not have', async () => {
    expect(await createCcxtLiveTest('nothing', undefined)).toBeUndefined();
    expect(await createCcxtLiveTest('AuthenticationError', undefined)).toBeUndefined();
  });
});
