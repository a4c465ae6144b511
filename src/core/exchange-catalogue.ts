import { exchangeTable } from './exchange-table.js';

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
  { canonical: 'account_id', ccxt: 'accountId', aliases: ['accountId'] },
  { canonical: 'wallet_address', ccxt: 'walletAddress', aliases: ['walletAddress'] },
  { canonical: 'token', ccxt: 'token', aliases: [] },
  { canonical: 'testnet', aliases: ['sandbox'] },
];

const usual = ['api_key', 'api_secret'] as const;

/** Names that people write for an exchange, and ccxt's name of it. */
const otherNames: Readonly<Record<string, string>> = {
  binance_us: 'binanceus',
  coinbase_exchange: 'coinbaseexchange',
  coinbase_pro: 'coinbaseexchange',
  coinbaseadvanced: 'coinbase',
  coinbasepro: 'coinbaseexchange',
  crypto_com: 'cryptocom',
  gate_io: 'gate',
  gateio: 'gate',
  huobi: 'htx',
  huobipro: 'htx',
  kucoin_futures: 'kucoinfutures',
  okex: 'okx',
};

/** Exchanges that ccxt had once and has no more; their keys lie in stores still. */
const formerExchanges: readonly (readonly [names: string, required: readonly string[]])[] = [
  ['ascendex bitmex bittrex exmo novadax probit timex', usual],
  ['bitmart', [...usual, 'uid']],
  ['coincatch', [...usual, 'passphrase']],
];

/** Fields that any exchange may have beside the required ones. */
export const optionalExchangeFields: readonly string[] = ['testnet', 'uid', 'passphrase'];

const fieldBySpelling = new Map(
  fields.flatMap((field) => [field.canonical, ...field.aliases].map((spelling) => [spelling.toLowerCase(), field])),
);

const requiredByName = readCatalogue();

function readCatalogue(): ReadonlyMap<string, readonly string[]> {
  const required = new Map<string, readonly string[]>();
  for (const [names, credentials] of formerExchanges)
    for (const name of names.split(' ')) required.set(name, credentials);
  for (const line of exchangeTable.trim().split('\n')) {
    const [credentials = '', names = ''] = line.split(': ');
    const canonical = credentials.split(' ').map(canonicalField);
    for (const name of names.split(' ')) required.set(name, canonical);
  }
  for (const [name, present] of Object.entries(otherNames)) required.set(name, required.get(present) ?? usual);
  return required;
}

/** Whether the catalogue knows the exchange under this name, in lower case: `gateio` as well as ccxt's `gate`. */
export function isExchange(name: string): boolean {
  return requiredByName.has(name);
}

/** ccxt's name of the exchange that is known under this name, in lower case: `gate` of `gateio`. */
export function ccxtExchange(name: string): string {
  return otherNames[name] ?? name;
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
