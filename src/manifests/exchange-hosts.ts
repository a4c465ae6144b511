import type { Deployment } from '../core/deployment.js';
import { ccxtExchange } from '../core/exchange-catalogue.js';

/** Hosts of the programming interfaces of well-known exchanges, from their documentation, by ccxt's names. */
const hosts: Readonly<Record<string, readonly string[]>> = {
  binance: ['api.binance.com', 'dapi.binance.com', 'fapi.binance.com'],
  bitfinex: ['api.bitfinex.com', 'api-pub.bitfinex.com'],
  bitget: ['api.bitget.com'],
  bitstamp: ['www.bitstamp.net'],
  bybit: ['api.bybit.com'],
  coinbase: ['api.coinbase.com'],
  coinbaseexchange: ['api.exchange.coinbase.com'],
  cryptocom: ['api.crypto.com'],
  deribit: ['www.deribit.com'],
  gate: ['api.gateio.ws', 'fx-api.gateio.ws'],
  gemini: ['api.gemini.com'],
  htx: ['api.hbdm.com', 'api.huobi.pro'],
  kraken: ['api.kraken.com', 'futures.kraken.com'],
  kucoin: ['api.kucoin.com'],
  kucoinfutures: ['api-futures.kucoin.com'],
  mexc: ['api.mexc.com', 'contract.mexc.com'],
  okx: ['www.okx.com'],
};

export interface ExchangeHosts {
  /** As the inventory calls it. */
  readonly exchange: string;
  /** Empty where they are not known. */
  readonly hosts: readonly string[];
}

/** The exchanges whose credentials the deployment has: `exchange/<name>`, and what lies below it. */
export function exchangeHosts({ secrets }: Deployment): readonly ExchangeHosts[] {
  const names = secrets.flatMap(({ path }) => /^exchange\/([^/]+)/.exec(path)?.[1] ?? []);
  return [...new Set(names)].map((exchange) => {
    const name = ccxtExchange(exchange);
    return { exchange, hosts: Object.hasOwn(hosts, name) ? (hosts[name] ?? []) : [] };
  });
}
