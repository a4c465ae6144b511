const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** What each encoder leaves as it is besides letters and digits. */
const keptSets: readonly string[] = [
  // RFC 3986, unreserved.
  '-_.~',
  // ECMAScript: encodeURIComponent and encodeURI.
  "-_.!~*'()",
  "-_.!~*'();/?:@&=+$,#",
  // Python: urllib.parse.quote.
  '-_.~/',
  // application/x-www-form-urlencoded.
  '*-._',
  // WHATWG URL: user and password, path, query.
  "-_.~!$&'()*+,%",
  "-_.~!$&'()*+,%/:;=@[\\]|",
  "-_.~!$&'()*+,%/:;=@[\\]|?^`{}",
];

/** Every way of percent-encoding the bytes, with digits of both cases; also with every byte encoded. */
export function* percentSpellings(value: Uint8Array): Generator<string> {
  yield* bothCases(value, new Set());
  for (const characters of keptSets) {
    const kept = new Set(Buffer.from(alphanumeric + characters));
    for (const text of bothCases(value, kept)) {
      yield text;
      yield text.replaceAll('%20', '+');
    }
  }
}

function* bothCases(value: Uint8Array, kept: ReadonlySet<number>): Generator<string> {
  const encode = (inCase: (hex: string) => string) =>
    Array.from(value, (byte) =>
      kept.has(byte) ? String.fromCharCode(byte) : `%${inCase(byte.toString(16).padStart(2, '0'))}`,
    ).join('');
  yield encode((hex) => hex.toUpperCase());
  yield encode((hex) => hex);
}
