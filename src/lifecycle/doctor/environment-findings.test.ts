import { expect, test } from 'vitest';
import { environmentFindings } from './environment-findings.js';

const namesIn = (env: Readonly<Record<string, string>>) => environmentFindings(env).map(({ where }) => where);

test.each([
  [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, 'NODE_TLS_REJECT_UNAUTHORIZED'],
  [{ VAULT_SKIP_VERIFY: 'true' }, 'VAULT_SKIP_VERIFY'],
  [{ BAO_SKIP_VERIFY: '1' }, 'BAO_SKIP_VERIFY'],
  [{ PYTHONHTTPSVERIFY: '0' }, 'PYTHONHTTPSVERIFY'],
  [{ GIT_SSL_NO_VERIFY: 'x' }, 'GIT_SSL_NO_VERIFY'],
  [{ AWS_SECRET_ACCESS_KEY: 'canary' }, 'AWS_SECRET_ACCESS_KEY'],
  [{ AZURE_CLIENT_SECRET: 'canary' }, 'AZURE_CLIENT_SECRET'],
  [{ GOOGLE_APPLICATION_CREDENTIALS: '/key.json' }, 'GOOGLE_APPLICATION_CREDENTIALS'],
])('%j is a finding, without its value', (env, name) => {
  expect(namesIn(env)).toEqual([name]);
  expect(JSON.stringify(environmentFindings(env))).not.toContain('canary');
});

test.each([
  {},
  { NODE_TLS_REJECT_UNAUTHORIZED: '1', VAULT_SKIP_VERIFY: 'false', PYTHONHTTPSVERIFY: '1', GIT_SSL_NO_VERIFY: '' },
  { AWS_SECRET_ACCESS_KEY: 'x', AWS_SESSION_TOKEN: 'y' },
])('%j is no finding', (env) => {
  expect(namesIn(env)).toEqual([]);
});
