import { KeywardError } from '../../core/errors.js';
import { Secret } from '../../core/secret.js';
import { randomBytes } from '../../crypto/random.js';

/** How to make a random value. */
export interface Recipe {
  readonly kind: GeneratorKind;
  /** Random bytes for encodings, characters for alphabets. */
  readonly length: number;
}

export type GeneratorKind = keyof typeof generators;

interface Generator {
  readonly defaultLength: number;
  readonly bitsPerUnit: number;
  readonly make: (length: number) => string;
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const alphanumeric = `${letters}0123456789`;
/** Without quotes, backslash, `$`, `#` and `&`, which environment files and shells read as something else. */
const ascii = `${alphanumeric}!%*+,-./:;=?@^_~`;

const encoded = (encoding: 'hex' | 'base64' | 'base64url'): Generator => ({
  defaultLength: 32,
  bitsPerUnit: 8,
  make: (length) => Buffer.from(randomBytes(length)).toString(encoding),
});
const drawnFrom = (alphabet: string): Generator => ({
  defaultLength: 32,
  bitsPerUnit: Math.log2(alphabet.length),
  make: (length) => randomCharacters(alphabet, length),
});

const generators = {
  hex: encoded('hex'),
  base64: encoded('base64'),
  base64url: encoded('base64url'),
  alnum: drawnFrom(alphanumeric),
  ascii: drawnFrom(ascii),
} satisfies Readonly<Record<string, Generator>>;

/** Less can be guessed by whoever gets hold of a hash. */
const minBits = 64;
const maxLength = 4096;

/**
 * Reads `hex:32` (32 random bytes, as `openssl rand -hex 32`), `base64:32`, `base64url:32`, `alnum:24` and `ascii:24`
 * (characters); without a length, 32.
 *
 * @throws KeywardError `invalid`, also for less than 64 random bits.
 */
export function parseRecipe(text: string): Recipe {
  const [, kind = '', digits] = /^([a-z0-9]+)(?::([1-9][0-9]{0,5}))?$/.exec(text) ?? [];
  if (!isGeneratorKind(kind)) {
    throw new KeywardError('invalid', 'this is not a way to generate a value', {
      advice: `Use one of ${Object.keys(generators).join(', ')}, with a length: hex:32.`,
    });
  }
  const generator: Generator = generators[kind];
  const length = digits === undefined ? generator.defaultLength : Number(digits);
  assertLength(kind, generator, length);
  return { kind, length };
}

/**
 * Values of so many characters of the alphabet, each equally likely.
 *
 * @throws KeywardError `invalid`, also for less than 64 random bits, a repeated character, and one that is not visible ASCII.
 */
export function generatorFrom(alphabet: string, length: number): () => Secret {
  if (!/^[!-~]{2,94}$/.test(alphabet) || new Set(alphabet).size !== alphabet.length) {
    throw new KeywardError('invalid', 'an alphabet is made of different visible ASCII characters');
  }
  const generator = drawnFrom(alphabet);
  assertLength('the alphabet', generator, length);
  return () => Secret.fromText(generator.make(length));
}

function assertLength(kind: string, { bitsPerUnit }: Generator, length: number): void {
  if (length > maxLength) throw new KeywardError('invalid', `a generated value has a length of at most ${maxLength}`);
  if (length * bitsPerUnit >= minBits) return;
  const least = Math.ceil(minBits / bitsPerUnit);
  throw new KeywardError('invalid', `${kind}:${length} would be too easy to guess`, {
    advice: `Use ${kind}:${least} or longer.`,
  });
}

export function generateValue({ kind, length }: Recipe): Secret {
  return Secret.fromText(generators[kind].make(length));
}

function isGeneratorKind(text: string): text is GeneratorKind {
  return Object.hasOwn(generators, text);
}

/** Each character equally likely: bytes from the last, incomplete run of the alphabet are thrown away. */
function randomCharacters(alphabet: string, length: number): string {
  const fair = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length - text.length)) {
      if (byte < fair) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}
