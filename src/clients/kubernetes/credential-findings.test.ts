import { expect, test } from 'vitest';
import { credentialFindings } from './credential-findings.js';

test('a token without an end is one for life', () => {
  const bearer = (claims: object) => `Bearer e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
  const judged = (header: string | undefined) => credentialFindings(header, 'k').map(({ cause }) => cause);
  expect(judged(bearer({ iss: 'kubernetes/serviceaccount' }))).toEqual(['signs in with a token that never ends']);
  for (const other of [bearer({ exp: 1 }), 'Bearer opaque', 'Bearer a.b.c', undefined])
    expect(judged(other)).toEqual([]);
});
