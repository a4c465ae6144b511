const sensitive =
  /api_?key|api_?secret|access_?key|secret|passw(?:or)?d|passphrase|passcode|token|authorization|cookie|private_?key|credential|(?:^|_)(?:pwd|pin|otp|totp|mnemonic|jwt|bearer|auth)(?:_|$)/;

/** How many tokens something took is what programs of today log most. */
const counted = /tokens/;

/**
 * Whether a member of this name holds a secret, whatever the case and the separators of the name: `apiKey`, `API-KEY`,
 * `db.password`, `x-auth-token`.
 */
export function isSensitiveName(name: string): boolean {
  return sensitive.test(inWords(name));
}

/** Whether a value under such a name says nothing: a flag, nothing at all, or a number of tokens. */
export function isHarmless(name: string, value: unknown): boolean {
  if (typeof value === 'number') return counted.test(inWords(name));
  return typeof value === 'boolean' || value === null || value === undefined;
}

/** `apiKey`, `APIKey` and `api-key` as `api_key`. */
function inWords(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$3_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase();
}
