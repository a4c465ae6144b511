import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { scramVerifier } from './scram-verifier.js';

const base64 = (text: string) => Buffer.from(text, 'base64');
const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();

describe('a verifier', () => {
  test('accepts and proves what the example of RFC 7677 sends', () => {
    const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const messages = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`;
    const [scheme, parameters, keys] = scramVerifier('pencil', base64(salt)).split('$');
    expect([scheme, parameters]).toEqual(['SCRAM-SHA-256', `4096:${salt}`]);
    const [storedKey = Buffer.of(), serverKey = Buffer.of()] = keys?.split(':').map(base64) ?? [];
    expect(hmac(serverKey, messages).toString('base64')).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
    const signature = hmac(storedKey, messages);
    const clientKey = base64('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=').map(
      (byte, at) => byte ^ (signature[at] ?? 0),
    );
    expect(createHash('sha256').update(clientKey).digest()).toEqual(storedKey);
  });

  test('is another one each time', () => {
    expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
  });

  test.each(['', 'pêncil', 'pen\tcil', 'pen\0cil'])(
    'is not made of %j, which clients prepare differently',
    (password) => {
      expect(() => scramVerifier(password)).toThrowError(expect.objectContaining({ code: 'invalid' }));
    },
  );
});
