import type { Kind, Match } from './match.js';

export const armourStart = '-----BEGIN ';

const privateKey: Kind = { id: 'private-key', title: 'private key', severity: 'error' };
const encryptedKey: Kind = { id: 'encrypted-private-key', title: 'encrypted private key', severity: 'warning' };

const label = /(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/y;
const encrypted = /ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/;
/** Line ends as such, and as string literals and JSON write them. */
const separators = /(?:\\[nrt"\\]|[\s"'+,])/g;
const headerLine = /[A-Z][\w-]{2,20}: [^\n\\]{0,200}/g;
const body = /^[A-Za-z0-9+/]{60,}={0,2}/;
const longestKey = 16 * 1024;

/**
 * The private key whose armour (RFC 7468, RFC 4880) begins at `start`; `undefined` where there is the armour alone, as in
 * the sources of programs that read keys.
 *
 * @param end after the armour's beginning
 */
export function privateKeyAt(text: string, start: number, end: number): Match | undefined {
  label.lastIndex = end;
  if (!label.test(text)) return undefined;
  const inside = text.slice(label.lastIndex, label.lastIndex + longestKey);
  const close = inside.indexOf('-----END ');
  const armoured = close < 0 ? inside : inside.slice(0, close);
  const isEncrypted = encrypted.test(text.slice(end, label.lastIndex)) || encrypted.test(armoured.slice(0, 200));
  if (!body.test(armoured.replaceAll(headerLine, '').replaceAll(separators, ''))) return undefined;
  return { kind: isEncrypted ? encryptedKey : privateKey, start, end: label.lastIndex + armoured.length };
}
