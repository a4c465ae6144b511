import { KeywardError } from '../core/errors.js';
import { isExchange } from '../core/exchange-catalogue.js';
import { type Path, parsePath, quoted } from '../core/path.js';

/**
 * Where exchange credentials are kept: a document per exchange (`exchange/{name}`), or one bundle whose fields begin
 * with the exchange's name (`{ bundle: 'crypto-pipeline/exchange-keys', prefix: '{name}_' }`).
 */
export type CredentialLayout = string | { readonly bundle: string; readonly prefix: string };

export const defaultCredentialLayouts: readonly CredentialLayout[] = ['exchange/{name}'];

/** One place where the credentials of one account may lie. */
export interface CredentialSpot {
  readonly path: Path;
  /** What the fields begin with; absent where the document belongs to this account alone. */
  readonly prefix?: string | undefined;
}

/**
 * The account's spot in the layout. A document of a named account lies below that of the exchange
 * (`exchange/binance/readonly`); in a bundle the account follows the name (`binance_readonly_api_key`).
 *
 * @throws KeywardError `invalid` when no path comes of it.
 */
export function spotIn(layout: CredentialLayout, exchange: string, account: string | undefined): CredentialSpot {
  const name = (separator: string) => (account === undefined ? exchange : `${exchange}${separator}${account}`);
  if (typeof layout === 'string') return { path: parsePath(layout.replaceAll('{name}', () => name('/'))) };
  return { path: parsePath(layout.bundle), prefix: layout.prefix.replaceAll('{name}', () => name('_')) };
}

/** The layouts themselves. @throws KeywardError `config` for one that would give every exchange the same keys. */
export function checkedLayouts(layouts: readonly CredentialLayout[]): readonly CredentialLayout[] {
  for (const layout of layouts) {
    const template = typeof layout === 'string' ? layout : layout.prefix;
    if (template.includes('{name}')) continue;
    throw new KeywardError('config', `the credentials layout ${quoted(template)} does not contain {name}`, {
      advice: 'Write it like "exchange/{name}", or { bundle: path/of/document, prefix: "{name}_" }.',
    });
  }
  return layouts;
}

/** A name that is one segment of a path. @throws KeywardError `invalid` */
export function parseSegment(text: string, what: string): string {
  const segment = parsePath(text);
  if (!segment.includes('/')) return segment;
  throw new KeywardError('invalid', `${quoted(text)} is not the name of an ${what}: it contains a slash`);
}

/**
 * The name of an account at the exchange.
 *
 * @throws KeywardError `invalid` when it is no segment, or exchange and account together begin with the name of another
 * exchange (`binance` and `us`): variables and fields of bundles would then be those of the other one.
 */
export function parseAccount(text: string, exchange: string): string {
  const account = parseSegment(text, 'account');
  const own = wordsOf(exchange);
  const words = [...own, ...wordsOf(account)];
  const beginnings = words.map((_, index) => words.slice(0, index + 1).join('_')).slice(own.length);
  const other = beginnings.find((name) => isExchange(name));
  if (other === undefined) return account;
  const problem = `the names of account ${quoted(account)} of ${exchange} are those of the exchange ${other}`;
  throw new KeywardError('invalid', problem, {
    advice: `Ask for the credentials of ${other}, or give the account another name.`,
  });
}

/** As they stand in the name of a variable, where every separator is an underscore and case is lost. */
function wordsOf(segment: string): readonly string[] {
  return segment.toLowerCase().split(/[-._]/);
}
