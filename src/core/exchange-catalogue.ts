/** One credential field of exchanges: our name, ccxt's name for it, and the other spellings that are met. */
interface Field {
  readonly canonical: string;
  /** Property of a ccxt exchange object; absent for what ccxt does not take as a credential. */
  readonly ccxt?: string;
  readonly aliases: readonly string[];
}

const fields: readonly Field[] = [
  { canonical: 'api_key', ccxt: 'apiKey', aliases: ['apiKey', 'key'] },
  { canonical: 'api_secret', ccxt: 'secret', aliases: ['secret_key', 'secret', 'apiSecret', 'secretKey'] },
  { canonical: 'passphrase', ccxt: 'password', aliases: ['password', 'api_passphrase'] },
  { canonical: 'uid', ccxt: 'uid', aliases: ['memo'] },
  { canonical: 'login', ccxt: 'login', aliases: [] },
  { canonical: 'twofa', ccxt: 'twofa', aliases: [] },
  { canonical: 'private_key', ccxt: 'privateKey', aliases: ['privateKey'] },
  { canonical: 'wallet_address', ccxt: 'walletAddress', aliases: ['walletAddress'] },
  { canonical: 'token', ccxt: 'token', aliases: [] },
  { canonical: 'testnet', aliases: ['sandbox'] },
];

const usual = ['api_key', 'api_secret'] as const;
const withPassphrase = [...usual, 'passphrase'] as const;
const wallet = ['wallet_address', 'private_key'] as const;

/**
 * What each exchange needs to sign a request, under ccxt's name of the exchange and the names people write instead.
 * Source: `requiredCredentials` of ccxt's exchange classes.
 */
const catalogue: readonly { readonly required: readonly string[]; readonly names: readonly string[] }[] = [
  {
    required: usual,
    names: [
      ...['ascendex', 'backpack', 'bequant', 'bigone', 'binance', 'binance_us', 'binancecoinm', 'binanceus'],
      ...['binanceusdm', 'bingx', 'bit2c', 'bitbank', 'bitbns', 'bitfinex', 'bitflyer', 'bithumb', 'bitmex', 'bitopro'],
      ...['bitrue', 'bitso', 'bitstamp', 'bittrex', 'bitvavo', 'btcmarkets', 'btcturk', 'bybit'],
      ...['coinbase', 'coinbaseadvanced', 'coincheck', 'coinex', 'coinone', 'coinsph', 'coinspot'],
      ...['crypto_com', 'cryptocom', 'delta', 'deribit', 'digifinex', 'exmo', 'fmfwio', 'gate', 'gate_io', 'gateio'],
      ...['gemini', 'hashkey', 'hitbtc', 'hollaex', 'htx', 'huobi', 'huobipro', 'independentreserve', 'indodax'],
      ...['kraken', 'krakenfutures', 'latoken', 'lbank', 'luno', 'mercado', 'mexc', 'novadax'],
      ...['p2b', 'phemex', 'poloniex', 'probit', 'timex', 'upbit', 'whitebit', 'woo', 'xt', 'zaif'],
    ],
  },
  {
    required: withPassphrase,
    names: [
      ...['bitget', 'blofin', 'coinbase_exchange', 'coinbase_pro', 'coinbaseexchange', 'coinbaseinternational'],
      ...['coinbasepro', 'coincatch', 'kucoin', 'kucoin_futures', 'kucoinfutures', 'myokx', 'okex', 'okx', 'okxus'],
    ],
  },
  { required: [...usual, 'uid'], names: ['bitmart'] },
  { required: wallet, names: ['hyperliquid', 'paradex'] },
];

/** Fields that any exchange may have beside the required ones. */
export const optionalExchangeFields: readonly string[] = ['testnet', 'uid', 'passphrase'];

const requiredByName = new Map(catalogue.flatMap(({ required, names }) => names.map((name) => [name, required])));

const fieldBySpelling = new Map(
  fields.flatMap((field) => [field.canonical, ...field.aliases].map((spelling) => [spelling.toLowerCase(), field])),
);

/** Whether the catalogue knows the exchange under this name, in lower case: `gateio` as well as ccxt's `gate`. */
export function isExchange(name: string): boolean {
  return requiredByName.has(name);
}

/** The fields that the exchange requires, by canonical name; `undefined` when the catalogue does not know it. */
export function exchangeFields(name: string): readonly string[] | undefined {
  return requiredByName.get(name);
}

/**
 * Our name of a credential field, whatever its case: `secret`, `secret_key`, `apiSecret` → `api_secret`. A name that is
 * not in the catalogue is kept.
 */
export function canonicalField(name: string): string {
  return fieldBySpelling.get(name.toLowerCase())?.canonical ?? name;
}

/** Whether the name is one of the spellings of a credential field, whatever its case. */
export function isCredentialField(name: string): boolean {
  return fieldBySpelling.has(name.toLowerCase());
}

/** Every spelling of a canonical field, itself first; just itself when it is not in the catalogue. */
export function fieldAliases(canonical: string): readonly string[] {
  const field = fieldBySpelling.get(canonical);
  return field?.canonical === canonical ? [canonical, ...field.aliases] : [canonical];
}

/**
 * The credentials under ccxt's property names. What ccxt does not know as a credential is left out; of two spellings of
 * one field the one that `fieldAliases` lists first counts.
 */
export function toCcxt(given: ReadonlyMap<string, string>): Record<string, string> {
  const credentials: Record<string, string> = {};
  for (const { canonical, ccxt } of fields) {
    const spelling = fieldAliases(canonical).find((name) => given.has(name));
    const value = spelling === undefined ? undefined : given.get(spelling);
    if (ccxt !== undefined && value !== undefined) credentials[ccxt] = value;
  }
  return credentials;
}

/**
 * The required fields, by canonical name, that none of the present names spells. An exchange that is not in the
 * catalogue is taken to require `api_key` and `api_secret`, as ccxt does by default.
 */
export function missingFields(exchange: string, present: Iterable<string>): readonly string[] {
  const known = new Set([...present].map(canonicalField));
  return (exchangeFields(exchange) ?? usual).filter((field) => !known.has(field));
}
