import type { Kind } from './match.js';

/** Secrets without a form of their own, known by a name and a form together. */
interface ContextKind {
  readonly kind: Kind;
  /** In the name, or in what stands shortly before it; lower case. */
  readonly near: RegExp;
  readonly value: RegExp;
}

function inContext(id: string, title: string, near: RegExp, value: RegExp): ContextKind {
  return { kind: { id, title, severity: 'error' }, near, value: new RegExp(`^(?:${value.source})$`) };
}

const contextKinds: readonly ContextKind[] = [
  inContext('aws-secret-access-key', 'AWS secret access key', /aws|secret_?access_?key|amazon/, /[A-Za-z0-9+/]{40}/),
  inContext('discord-token', 'Discord bot token', /discord/, /[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,38}/),
  inContext('twilio-token', 'Twilio auth token', /twilio/, /(?:SK)?[0-9a-f]{32}/),
  inContext('datadog-key', 'Datadog key', /datadog|dd_(?:api|app)/, /[0-9a-f]{32}|[0-9a-f]{40}/),
  inContext('cloudflare-token', 'Cloudflare token', /cloudflare|cf_api/, /[\w-]{40}|[0-9a-f]{37}/),
  inContext('algolia-key', 'Algolia key', /algolia/, /[0-9a-f]{32}/),
  inContext('alibaba-secret', 'Alibaba Cloud secret', /ali(?:yun|baba|cloud)/, /[A-Za-z0-9]{30}/),
  inContext('binance-key', 'Binance key', /binance/, /[A-Za-z0-9]{64}/),
  inContext('kraken-key', 'Kraken key', /kraken/, /[A-Za-z0-9+/]{56}|[A-Za-z0-9+/]{86}==/),
  inContext('coinbase-key', 'Coinbase key', /coinbase/, /[A-Za-z0-9]{16}|[A-Za-z0-9]{32}|[A-Za-z0-9+/]{86}==/),
  inContext('okx-key', 'OKX key', /okx|okex/, /[A-F0-9]{32}/),
  inContext('bybit-key', 'Bybit key', /bybit/, /[A-Za-z0-9]{18}|[A-Za-z0-9]{36}/),
  inContext('bitfinex-key', 'Bitfinex key', /bitfinex/, /[A-Za-z0-9]{43}/),
  inContext('gate-key', 'Gate key', /gate_?\.?io|gate/, /[a-f0-9]{32}|[a-f0-9]{64}/),
  inContext('htx-key', 'HTX key', /huobi|htx/, /(?:[a-z0-9]{8,10}-){3}[a-z0-9]{5}/),
  inContext('kucoin-key', 'KuCoin key', /kucoin/, /[a-f0-9]{24}|[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}/),
  inContext('bitmex-key', 'BitMEX key', /bitmex/, /[\w-]{24}|[\w-]{48}/),
  inContext('deribit-key', 'Deribit key', /deribit/, /[\w-]{43}/),
  inContext('gemini-key', 'Gemini exchange key', /gemini/, /[A-Za-z0-9]{28}/),
  inContext('mexc-key', 'MEXC key', /mexc/, /mx0[A-Za-z0-9]{15,20}|[a-f0-9]{32}/),
  inContext('bitget-key', 'Bitget key', /bitget/, /bg_[a-f0-9]{32}|[a-f0-9]{64}/),
];

/** The kind that the value is under this name. @param before what stands before it, the name included */
export function kindInContext(before: string, value: string): Kind | undefined {
  const lower = before.toLowerCase();
  return contextKinds.find((candidate) => candidate.value.test(value) && candidate.near.test(lower))?.kind;
}
