import { isKeywardError, KeywardError } from '../../../../core/errors.js';
import { canonicalField, toCcxt } from '../../../../core/exchange-catalogue.js';
import { importOptional } from '../../../../core/import-optional.js';
import type { KeyFacts } from './key-rules.js';
import type { LiveTest } from './live-test.js';

/** A call, and what its answer says of the key. */
interface Question {
  readonly method: string;
  facts(answer: unknown): KeyFacts;
}

const timeoutMs = 20_000;

/** By ccxt's name. Every other exchange is asked for the balance, which says that the key works and no more. */
const questions: Readonly<Record<string, Question>> = {
  // https://developers.binance.com/docs/wallet/account/api-key-permission
  binance: {
    method: 'sapiGetAccountApiRestrictions',
    facts(answer) {
      const { enableReading } = membersOf(answer);
      if (typeof enableReading !== 'boolean') throw notUnderstood();
      const granted = Object.entries(membersOf(answer)).flatMap(([name, value]) => (value === true ? [name] : []));
      const rights = granted.filter((name) => /^(?:enable|permits)/.test(name) && !/Read/.test(name));
      const moving = rights.filter((name) => /Withdraw|Transfer/.test(name));
      return {
        trade: rights.length > moving.length,
        move: moving.length > 0,
        addresses: granted.includes('ipRestrict') ? 'some' : 'any',
      };
    },
  },
  // https://bybit-exchange.github.io/docs/v5/user/apikey-info
  bybit: {
    method: 'privateGetV5UserQueryApi',
    facts(answer) {
      const { readOnly, permissions, ips, note } = membersOf(membersOf(answer)['result']);
      const mayWrite = String(readOnly) !== '1';
      const { Wallet: wallet = [], Exchange: _, ...others } = membersOf(permissions);
      return {
        trade: mayWrite && Object.values(others).some(isFilled),
        move: mayWrite && isFilled(wallet),
        addresses: addressesIn(textsIn(ips)),
        label: textIn(note),
      };
    },
  },
  // https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/rest-api#api-key-permissions
  coinbase: {
    method: 'v3PrivateGetBrokerageKeyPermissions',
    facts(answer) {
      const { can_trade: trade, can_transfer: move } = membersOf(answer);
      return { trade: trade !== false, move: move !== false };
    },
  },
  // https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-account-configuration
  okx: {
    method: 'privateGetAccountConfig',
    facts(answer) {
      const { data } = membersOf(answer);
      const { perm, ip, label } = membersOf(Array.isArray(data) ? data[0] : undefined);
      const rights = String(perm).split(',');
      return {
        trade: rights.some((right) => right !== 'read_only' && right !== 'withdraw'),
        move: rights.includes('withdraw'),
        addresses: addressesIn(String(ip ?? '').split(',')),
        label: textIn(label),
      };
    },
  },
};

/**
 * Tests keys of an exchange through ccxt.
 *
 * @param exchange ccxt's name of it.
 * @param server in place of the servers of the exchange, as an origin.
 * @returns `undefined` when ccxt does not know the exchange.
 * @throws KeywardError `config` when the package ccxt is not installed.
 */
export async function createCcxtLiveTest(exchange: string, server: string | undefined): Promise<LiveTest | undefined> {
  const { default: ccxt } = await importOptional('ccxt', 'testing keys of exchanges', () => import('ccxt'));
  const Exchange: unknown = Reflect.get(ccxt, exchange);
  if (!ccxt.exchanges.includes(exchange) || typeof Exchange !== 'function') return undefined;
  return {
    async examine(fields) {
      try {
        // A new one each time: to one that was successful before, a refusal may be a temporary ban.
        const client: object = Reflect.construct(Exchange, [{ ...toCcxt(fields), timeout: timeoutMs }]);
        const isSandbox = [...fields].some(([name, text]) => canonicalField(name) === 'testnet' && text === 'true');
        if (isSandbox) await call(client, 'setSandboxMode', true);
        if (server !== undefined) {
          const urls: object = Reflect.get(client, 'urls');
          Reflect.set(urls, 'api', movedTo(server, Reflect.get(urls, 'api')));
        }
        // The test networks tell nothing of their keys.
        const question = isSandbox ? undefined : questions[exchange];
        const answer = await call(client, question?.method ?? 'fetchBalance');
        return question?.facts(answer) ?? {};
      } catch (error) {
        if (isKeywardError(error)) throw error;
        // Its messages repeat what was sent.
        if (error instanceof ccxt.AuthenticationError) {
          throw new KeywardError('unauthenticated', `${exchange} does not accept the key`, { store: exchange });
        }
        const name = error instanceof Error ? error.constructor.name : 'an error';
        throw new KeywardError('unavailable', `${exchange} could not be asked about the key (${name})`, {
          store: exchange,
          advice: 'Look whether it can be reached and whether the clock of this machine is right, and run it again.',
        });
      }
    },
  };
}

async function call(client: object, method: string, ...args: readonly unknown[]): Promise<unknown> {
  return Reflect.apply(Reflect.get(client, method), client, args);
}

/** The addresses of an exchange, each at that server. */
function movedTo(server: string, address: unknown): unknown {
  if (typeof address === 'string') return address.replace(/^https?:\/\/[^/]+/, server);
  return Object.fromEntries(Object.entries(membersOf(address)).map(([name, one]) => [name, movedTo(server, one)]));
}

/** @throws KeywardError `unavailable` for what is no object: an answer that is not understood says nothing of the key. */
function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return { ...value };
  throw notUnderstood();
}

function notUnderstood(): KeywardError {
  return new KeywardError('unavailable', 'the answer of the exchange has another form than documented');
}

function isFilled(value: unknown): boolean {
  return !Array.isArray(value) || value.length > 0;
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function addressesIn(addresses: readonly string[]): KeyFacts['addresses'] {
  const listed = addresses.map((address) => address.trim()).filter((address) => address !== '');
  return listed.length === 0 || listed.includes('*') ? 'any' : listed;
}
