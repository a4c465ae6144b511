/** What each encoder writes as a percent sign and two digits, byte by byte. */
const encodedSets: readonly RegExp[] = [
  /[\s\S]/g,
  // RFC 3986: all but the unreserved.
  /[^\w.~-]/g,
  // ECMAScript: encodeURIComponent and encodeURI.
  /[^\w.!~*'()-]/g,
  /[^\w.!~*'();/?:@&=+$,#-]/g,
  // Python: urllib.parse.quote.
  /[^\w.~/-]/g,
  // application/x-www-form-urlencoded.
  /[^\w*.-]/g,
  // WHATWG URL: user and password, path, query of http.
  /[^\w.~!$&'()*+,%-]/g,
  /[^\w.~!$&'()*+,%/:;=@[\\\]|-]/g,
  /[^\w.~!$&()*+,%/:;=@[\\\]|?^`{}-]/g,
];

/** Every way of percent-encoding the bytes, with digits of both cases. */
export function* percentSpellings(value: Uint8Array): Generator<string> {
  const bytes = Buffer.from(value).toString('latin1');
  const digits = (byte: string) => byte.charCodeAt(0).toString(16).padStart(2, '0');
  for (const encoded of encodedSets) {
    for (const text of [
      bytes.replaceAll(encoded, (byte) => `%${digits(byte)}`),
      bytes.replaceAll(encoded, (byte) => `%${digits(byte).toUpperCase()}`),
    ]) {
      yield text;
      yield text.replaceAll('%20', '+');
    }
  }
}
