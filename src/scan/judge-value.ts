import { rarityOf } from './rarity.js';

/** Names that hold what is no secret although a word in them says so. */
const harmlessName =
  /(?:^|[_.-])(?:public|pub|primary|foreign|cache|sort|partition|row|csrf|xsrf)[_.-]?(?:key|token)|(?:type|name|names|file|path|dir|url|uri|endpoint|id|ids|arn|length|len|size|count|limit|ttl|hash|digest|checksum|sha\d*|regex|pattern|format|field|header|label|hint|policy|ref|version|expir\w*|prefix|suffix|algorithm|alg|provider|manager|service|class|enabled?)$/i;

/** What stands where a value will be put, or was. */
const placeholder =
  /^[$%@#{<[*]|\$\{|\{\{|%\(|<[a-z]|(.)\1{4}|\*{3}|\.{3}|x{4}|example|sample|placeholder|changeme|change[-_]?me|dummy|fake|mock|your|insert|replace|redacted|my[-_]?(?:secret|token|password|key)|test|todo|foo|bar|abcdef|123456|qwerty|hunter2|lorem|null|undefined|none|true|false|process\.env|os\.environ|getenv|secrets\.|vault:|arn:aws|sha\d{3}-/i;

const path = /^(?:\.{0,2}\/|~\/|[A-Z]:\\)|:\/\/|^[\w-]+(?:\/[\w.-]+)+$/i;
const expression = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$|[!?]$|^[A-Za-z_-]+$/;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** Of a chain: what tokens that are traded are called by. */
const address = /^0x[0-9a-f]{40}$/i;
/** Parts of a name in a program. */
const nameParts = /[A-Z]*[a-z]+|[A-Z]+|\d+/g;
const hexadecimal = /^[0-9a-f]+$/i;
const password = /passw|pwd|passphrase/i;

const shortest = 14;
const shortestPassword = 8;
const shortestHex = 32;
const wordLength = 3.5;
const leastRarity = 4.1;
const leastRarityOfPassword = 3.9;
const mostRarityOfWords = 5;

/** Whether a value is no secret for certain: something takes its place, or its name says so. */
export function isHarmlessValue(name: string, value: string): boolean {
  return harmlessName.test(name) || placeholder.test(value) || path.test(value);
}

/** Whether a value under a telling name was drawn at random, as far as its characters show. */
export function looksRandom(name: string, value: string, isQuoted: boolean): boolean {
  if (expression.test(value) || uuid.test(value) || address.test(value)) return false;
  if (hexadecimal.test(value)) return value.length >= shortestHex && new Set(value).size >= 8;
  const isPassword = password.test(name);
  if (value.length < (isPassword && isQuoted ? shortestPassword : shortest)) return false;
  const rarity = rarityOf(value);
  const parts = value.match(nameParts)?.length ?? 0;
  if (value.length >= parts * wordLength && rarity < mostRarityOfWords) return false;
  return rarity >= (isPassword ? leastRarityOfPassword : leastRarity);
}
