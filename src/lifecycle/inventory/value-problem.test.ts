import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../core/secret.js';
import { parseValueForm } from '../../core/value-form.js';
import { valueProblem } from './value-problem.js';

const problemOf = (text: string, form?: string, name = 'host') =>
  valueProblem(Secret.fromText(text), name, form === undefined ? undefined : parseValueForm(form));
const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});

describe('a value', () => {
  test.each([
    'changeme',
    'change_me',
    'CHANGE-ME',
    'your_api_key_here',
    'your-binance-secret',
    'my-secret-token',
    'YOUR_TOKEN',
    '<your token>',
    '{{ token }}',
    `\${TOKEN}`,
    'xxxxxxxx',
    '********',
    'TODO',
    'dummy_key',
    'placeholder',
    '***REDACTED***',
    `AKIA${'IOSFODNN7EXAMPLE'}`,
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  ])('%j is a placeholder, whatever it is called', (text) => {
    expect(problemOf(text)).toMatchObject({ severity: 'error', cause: 'stands where a value is to be put' });
  });

  test.each(['localhost', 'production', 'somebody', 'example.com', 'my.host', 'anna', '0', 'x', 'testnet', 'setup'])(
    '%j is none',
    (text) => {
      expect(problemOf(text)).toBeUndefined();
    },
  );

  test('that is to be secret and is soon guessed is remarked upon', () => {
    const soonGuessed = [
      'password',
      'Password123',
      'secret',
      'letmein!',
      'aaaaaaaaaaaaaaaaaaaa',
      'abababababababab',
      '1234567',
    ];
    for (const text of soonGuessed) {
      expect(problemOf(text, undefined, 'db_password'), text).toMatchObject({ severity: 'warning' });
      expect(problemOf(text, undefined, 'name'), text).toBeUndefined();
    }
    expect(problemOf('kR7_x2pQ9z', undefined, 'db_password')).toBeUndefined();
  });

  test.each([
    ['url', ['https://a.example/x', 'postgres://u:p@h/db'], ['a.example', 'mailto:a@b.example', 'https://']],
    ['integer', ['0', '-1', '8080'], ['', '01', '1.5', '1e3', ' 1', '1\n']],
    ['json', ['{}', '[1]', '"a"'], ['', '{', "{'a': 1}"]],
    ['pem', [privateKey, publicKey], ['', 'MIIB', '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n']],
    ['strong', ['0b8b5cda8e9d4f05a3d7d9f1c6e2b417'], ['hunter2', 'abcdefghabcdefghabcdefghabcdefgh']],
    ['/[a-f0-9]{4}/', ['00ff'], ['00fff', '00FF']],
  ])('of the form %s is held to it', (form, good, bad) => {
    for (const text of good) expect(problemOf(text, form), text).toBeUndefined();
    for (const text of bad) expect(problemOf(text, form), text).toMatchObject({ severity: 'error' });
  });

  test('is never repeated, nor how far it is from what is wanted', () => {
    for (const form of ['url', 'pem', 'json', 'integer', 'strong', '/a/']) {
      const [one, other] = ['hunter2', 'Tr0ub4dor'].map((text) => inspect(problemOf(text, form)));
      expect(one).toBe(other);
      expect(one).not.toContain('hunter2');
    }
  });

  test('keeps nobody waiting for an expression that takes for ever', () => {
    const problem = problemOf(`${'a'.repeat(64)}b`, '/(a+)+/');
    expect(problem).toMatchObject({ severity: 'error', cause: expect.stringContaining('in any useful time') });
  });

  test('of bytes that are no text has no form', () => {
    const binary = Secret.fromBytes(Uint8Array.of(0, 255));
    expect(valueProblem(binary, 'token', undefined)).toBeUndefined();
    expect(valueProblem(binary, 'token', parseValueForm('/.*/'))).toMatchObject({ severity: 'error' });
  });
});
