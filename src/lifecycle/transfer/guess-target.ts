import type { EnvironmentTarget } from '../../core/environment-names.js';
import { canonicalField, isCredentialField, isExchange, missingFields } from '../../core/exchange-catalogue.js';
import { parsePath } from '../../core/path.js';
import { wellKnownPath } from './well-known-names.js';

/** Exchanges whose name is also a word or another product: a lone `GEMINI_API_KEY` is not for trading. */
const namesakes: ReadonlySet<string> = new Set(['delta', 'gate', 'gemini', 'mercado', 'timex', 'woo']);

interface ExchangeName {
  readonly exchange: string;
  /** `''` for the only or main account. */
  readonly account: string;
  readonly spelling: string;
}

/**
 * Where each value goes when nobody said: exchange credentials to fields of `exchange/<name>`, or of
 * `exchange/<name>/<account>` for names such as `BINANCE_READONLY_API_KEY`; well-known names to their path; everything
 * else to `app/<name in lower case>`.
 *
 * @param names every name that is moved: a secret counts as an exchange's only where the key it belongs to is there.
 * @throws KeywardError `invalid` for a name that is too long for a path.
 */
export function guessTarget(name: string, names: readonly string[]): EnvironmentTarget {
  const found = readExchangeName(name);
  if (found !== undefined && isAccount(found, names)) {
    const account = found.account === '' ? '' : `/${found.account}`;
    return { path: parsePath(`exchange/${found.exchange}${account}`), field: canonicalField(found.spelling) };
  }
  return { path: parsePath(wellKnownPath(name.toUpperCase()) ?? `app/${name.toLowerCase()}`) };
}

/** Reads `<EXCHANGE>[_<ACCOUNT>]_<FIELD>`, with the longest exchange and then the longest field that fit. */
function readExchangeName(name: string): ExchangeName | undefined {
  const words = name.toLowerCase().split('_');
  for (let end = words.length - 1; end > 0; end -= 1) {
    const exchange = words.slice(0, end).join('_');
    if (!isExchange(exchange)) continue;
    for (let start = end; start < words.length; start += 1) {
      const spelling = words.slice(start).join('_');
      if (isCredentialField(spelling)) return { exchange, account: words.slice(end, start).join('_'), spelling };
    }
  }
  return undefined;
}

function isAccount({ exchange, account }: ExchangeName, names: readonly string[]): boolean {
  const spellings = names
    .map(readExchangeName)
    .filter((other) => other?.exchange === exchange && other.account === account)
    .map((other) => other?.spelling ?? '');
  const isNamed = spellings.some((spelling) => identifies(spelling, account));
  return isNamed && (!namesakes.has(exchange) || missingFields(exchange, spellings).length === 0);
}

/** `BINANCE_KEY` names an account of its own; `BINANCE_WEBHOOK_KEY` is not the account `webhook`. */
function identifies(spelling: string, account: string): boolean {
  if (spelling === 'key') return account === '';
  return ['api_key', 'private_key'].includes(canonicalField(spelling));
}
