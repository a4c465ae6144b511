/** Values of development set-ups that every log contains; masking them would hide what the log says. */
const words: ReadonlySet<string> = new Set([
  'default',
  'development',
  'disabled',
  'enabled',
  'example',
  'localhost',
  '127.0.0.1',
  'password',
  'postgres',
  'production',
  'secret',
  'staging',
  'undefined',
  'username',
]);

/** First and last line of every PEM file (RFC 7468). */
const armour = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/;
const longestOfThese = 80;
const fewestDifferentBytes = 3;

/** Whether the bytes stand in ordinary text so often that they cannot be told from it, so are no secret to protect. */
export function isEverydayText(bytes: Uint8Array): boolean {
  if (!hasDifferentBytes(bytes)) return true;
  if (bytes.length > longestOfThese) return false;
  const text = Buffer.from(bytes).toString('latin1').trim();
  return words.has(text.toLowerCase()) || armour.test(text);
}

function hasDifferentBytes(bytes: Uint8Array): boolean {
  const different = new Set<number>();
  for (const byte of bytes) {
    if (different.add(byte).size === fewestDifferentBytes) return true;
  }
  return false;
}
