import type { Kind, Match } from './match.js';

export const armourStart = '-----BEGIN ';
const armourEnd = '-----END ';

const privateKey: Kind = { id: 'private-key', title: 'private key', severity: 'error' };
const encryptedKey: Kind = { id: 'encrypted-private-key', title: 'encrypted private key', severity: 'warning' };

const label = /(?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/y;
const encrypted = /ENCRYPTED/;
const base64 = /[A-Za-z0-9+/]{40}/;
/** Within these there is a whole line of the key, whatever headers come first. */
const headBytes = 360;
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
  const from = label.lastIndex;
  const next = text.slice(from, from + headBytes);
  const stop = next.indexOf('-----');
  const head = stop < 0 ? next : next.slice(0, stop);
  if (!base64.test(head)) return undefined;
  const length = text.slice(from, from + longestKey).indexOf(armourEnd);
  const isEncrypted = encrypted.test(text.slice(end, from)) || encrypted.test(head);
  return { kind: isEncrypted ? encryptedKey : privateKey, start, end: from + (length < 0 ? head.length : length) };
}
