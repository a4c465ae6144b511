/** How text is written inside quotes: JSON as several languages write it, shells, and the literals of programs. */
export function* escapedSpellings(text: string): Generator<string> {
  yield* jsonSpellings(text);
  yield* shellSpellings(text);
  yield* literalSpellings(text);
}

/** Characters that some JSON encoders write as `\u`, besides control characters. */
const jsonEscapes: readonly RegExp[] = [
  // Python's json, PHP.
  /[^\0-~]/g,
  // Go, Jackson and Rails keep HTML safe.
  /[<>&\u2028\u2029]/g,
  // Gson, Django.
  /[<>&='\u2028\u2029]/g,
];

function* jsonSpellings(text: string): Generator<string> {
  const plain = JSON.stringify(text).slice(1, -1);
  // A log line of JSON often stands inside another one.
  const shapes = [plain, plain.replaceAll('/', '\\/'), JSON.stringify(plain).slice(1, -1)];
  for (const shape of shapes) {
    yield shape;
    for (const escaped of jsonEscapes) yield* unicodeEscaped(shape, escaped);
  }
  // .NET.
  yield* unicodeEscaped(plain.replaceAll('\\"', '"'), /[<>&'"+`]|[^\0-~]/g);
  yield* unicodeEscaped(text, /[\s\S]/g);
}

function* unicodeEscaped(text: string, escaped: RegExp): Generator<string> {
  const code = (character: string) => character.charCodeAt(0).toString(16).padStart(4, '0');
  yield text.replaceAll(escaped, (character) => `\\u${code(character)}`);
  yield text.replaceAll(escaped, (character) => `\\u${code(character).toUpperCase()}`);
}

function* shellSpellings(text: string): Generator<string> {
  yield text.replaceAll("'", "'\\''");
  // Python's shlex.quote.
  yield text.replaceAll("'", "'\"'\"'");
  // Inside double quotes, and as printf %q of bash writes it without quotes.
  yield text.replaceAll(/["$`\\]/g, '\\$&');
  yield text.replaceAll(/[\s!"$&'()*,;<>?[\\\]^`{|}]/g, '\\$&');
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\\': '\\\\',
};

/** `$'…'` of shells, `repr` of Python, `util.inspect` of Node: one quote is escaped, or none. */
function* literalSpellings(text: string): Generator<string> {
  const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(2, '0');
  const lower = (character: string) => shortEscapes[character] ?? `\\x${hex(character)}`;
  const upper = (character: string) => shortEscapes[character] ?? `\\x${hex(character).toUpperCase()}`;
  for (const inCase of [lower, upper]) {
    const literal = text.replaceAll(/\p{Cc}|\\/gu, inCase);
    yield literal;
    yield literal.replaceAll("'", "\\'");
    yield literal.replaceAll('`', '\\`');
  }
}
