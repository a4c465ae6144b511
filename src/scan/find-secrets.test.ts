import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBech32 } from '../crypto/bech32.js';
import { findSecrets, tokenShapes } from './find-secrets.js';
import { base62Checksum } from './token-checksum.js';
import type { TokenShape } from './token-shape.js';

const found = (text: string) =>
  findSecrets(Buffer.from(text, 'latin1')).map(({ kind, start, end }) => [kind.id, text.slice(start, end)]);
const random = 'kR7x2pQ9zT1vW4bN8mJ6';

const withChecksum = (token: string) => {
  const body = token.slice(token.indexOf('_') + 1, -6);
  return `${token.slice(0, -6)}${base62Checksum(body)}`;
};
const repaired: Readonly<Record<string, (token: string) => string>> = {
  'github-token': withChecksum,
  'npm-token': withChecksum,
  'grafana-token': (token) => `${token.slice(0, -8)}${crc32(token.slice(0, -9)).toString(16).padStart(8, '0')}`,
  'age-key': (token) => encodeBech32(Buffer.from(token.slice(-32)), 'age-secret-key-').toUpperCase(),
  'json-web-token': (token) =>
    token.replace(/^[^.]+/, Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')),
};

function samplesOf({ id, pattern }: TokenShape): readonly string[] {
  const plain = pattern.source
    .replace(/^\(\?<=\(\?<!\\w\)\((.*?)\)\)\(\?:/, '$1(?:')
    .replaceAll(/\(\?![^)]*\)/g, '')
    .replaceAll('\\w', '[A-Za-z0-9_]')
    .replaceAll(/\[((?:[^\]\\]|\\.)*)\[A-Za-z0-9_\]/g, '[$1A-Za-z0-9_');
  const varied = fc.stringMatching(new RegExp(`^${plain}$`)).filter((text) => new Set(text.slice(-16)).size > 7);
  const tokens = fc.sample(varied, { numRuns: 6, seed: 7 }).map((token) => repaired[id]?.(token) ?? token);
  return tokens.filter((token) => !/[-.~]$/.test(token) && !token.endsWith('EXAMPLE'));
}

describe('findSecrets', () => {
  test.each(tokenShapes.map((shape) => [shape.id, shape] as const))('finds every %s', (id, shape) => {
    const samples = samplesOf(shape);
    expect(samples.length).toBeGreaterThan(0);
    for (const token of samples) expect(found(`at("${token}");`)).toContainEqual([id, token]);
  });

  test('knows over a hundred kinds, each by a name of its own', () => {
    expect(new Set(tokenShapes.map(({ id }) => id)).size).toBe(tokenShapes.length);
    expect(tokenShapes.length).toBeGreaterThan(100);
  });

  test.each(['github-token', 'npm-token', 'grafana-token', 'age-key'])(
    'leaves a %s with another checksum alone',
    (id) => {
      const shape = tokenShapes.find((candidate) => candidate.id === id);
      const [token = ''] = shape === undefined ? [] : samplesOf(shape);
      const other = token.at(-2) === '0' ? '1' : '0';
      expect(found(`"${token.slice(0, -2)}${other}${token.slice(-1)}"`)).toEqual([]);
    },
  );

  test('leaves what is part of a longer word, or repeats itself, alone', () => {
    const token = withChecksum(`gh${'p'}_${random}${random.slice(0, 10)}000000`);
    expect(found(token)).toHaveLength(1);
    expect(found(`a${token}`)).toEqual([]);
    expect(found(`${token}a`)).toEqual([]);
    expect(found(`AK${'IA'}${'A'.repeat(16)}`)).toEqual([]);
  });

  test.each([
    ['a variable', `API_${'KEY'}=${random}`, random],
    ['JSON', `{"access_${'token'}": "${random}"}`, random],
    ['YAML', `db:\n  password: ${random}\n`, random],
    ['TypeScript', `const client${'Secret'}: string = '${random}';`, random],
    ['a map', `:secret => '${random}'`, random],
    ['a link', `/hook?access_${'token'}=${random}&x=1`, random],
    ['a header', `Authorization: Bearer ${random}`, random],
    ['XML', `<password>${random}</password>`, random],
  ])('finds a random value that %s gives to a telling name', (_, text, value) => {
    expect(found(text)).toEqual([['random-value', value]]);
  });

  test.each([
    `password = "correct horse battery staple"`,
    `password: correct-horse-battery-staple`,
    `const token = createToken(user.id, 12345678);`,
    `token: process.env.SERVICE_TOKEN_2024_VALUE`,
    `secret = "\${vault:kv/data/app#key1234567890}"`,
    `api_key: <your-api-key-here-1234567890>`,
    `API_KEY=xxxxxxxxxxxxxxxxxxxxxxxx1`,
    `public_key = "${random}"`,
    `token_url: https://example.com/oauth2/v1/${random}`,
    `secret_id = "7c9e6679-7425-40de-944b-e07fc1f90ae7"`,
    `exports.CreateTokenCommandV2 = CreateOAuth2TokenCommandV2;`,
    `token: "0x${'2827AAef52D71910E8FBad2F'}feBC1B6C2DA37743"`,
    `password_file=/run/secrets/db_password_1`,
    `postgres://postgres:postgres@localhost:5432/app`,
    `https://user:password@example.com/`,
    `-----BEGIN ${'PRIVATE'} KEY-----\n\${body}\n-----END`,
  ])('leaves %j alone', (text) => {
    expect(found(text)).toEqual([]);
  });

  test('finds keys of exchanges and clouds by what they stand under', () => {
    const letters = `${random}${random}${random}abcd`;
    expect(found(`BINANCE_API_${'KEY'}=${letters}`)).toEqual([['binance-key', letters]]);
    const cloud = `${random}${random}`;
    expect(found(`aws_secret_access_${'key'} = ${cloud}`)).toEqual([['aws-secret-access-key', cloud]]);
  });

  test('finds passwords in URLs', () => {
    expect(found('amqps://bot:Kf7-wPz2mQx@queue.internal/')).toEqual([['url-password', 'Kf7-wPz2mQx']]);
  });

  test('finds private keys in files, string literals and JSON, and tells encrypted ones from others', () => {
    const body = Buffer.from(random.repeat(4)).toString('base64');
    const armour = (label: string, end: string) =>
      ['-----BEGIN ', `${label}-----`, end, body.slice(0, 64), end, body.slice(64), end, '-----END '].join('');
    for (const end of ['\n', '\r\n', '\\n', '\\r\\n']) {
      expect(found(armour('RSA PRIVATE KEY', end)).map(([id]) => id)).toEqual(['private-key']);
    }
    expect(found(armour('ENCRYPTED PRIVATE KEY', '\n')).map(([id]) => id)).toEqual(['encrypted-private-key']);
    expect(found(armour('PUBLIC KEY', '\n'))).toEqual([]);
  });
});
