import { inspect } from 'node:util';
import {
  AggregateAuthenticationError,
  ClientSecretCredential,
  CredentialUnavailableError,
  EnvironmentCredential,
} from '@azure/identity';
import { afterEach, expect, test, vi } from 'vitest';
import { signInFailure } from './sign-in-failure.js';

const codeOf = (error: unknown, isManaged = false) => signInFailure(error, 'azure', isManaged).code;
const said = (errorDescription: string) => ({
  name: 'AuthenticationError',
  statusCode: 400,
  errorResponse: { errorDescription },
});

afterEach(() => vi.unstubAllEnvs());

test('a sign-in that the official package cannot reach is an outage, and the secret is not repeated', async () => {
  const id = '00000000-0000-0000-0000-000000000001';
  const secret = 'CANARY-secret';
  for (const name of ['TENANT_ID', 'CLIENT_ID']) vi.stubEnv(`AZURE_${name}`, id);
  vi.stubEnv('AZURE_CLIENT_SECRET', secret);
  const nowhere = { authorityHost: 'https://127.0.0.1:9', retryOptions: { maxRetries: 0 } };
  const identities = {
    AuthenticationError: new EnvironmentCredential(nowhere),
    CredentialUnavailableError: new ClientSecretCredential(id, id, secret, nowhere),
  };
  for (const [name, identity] of Object.entries(identities)) {
    const asked = identity.getToken('https://vault.azure.net/.default');
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name });
    const failure = signInFailure(error, 'azure', true);
    expect(failure.code, name).toBe('unavailable');
    expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain('CANARY');
  }
});

test('what the service says is a refusal, and no word of it an outage', () => {
  for (const text of [
    'network_error: See …',
    'temporarily_unavailable: AADSTS90033',
    'Response had no "expiresOn" property.',
  ]) {
    expect(codeOf(said(text)), text).toBe('unavailable');
  }
  for (const text of ['invalid_client: AADSTS7000215', 'invalid_grant: network_error', 'unauthorized_client: x', '']) {
    expect(codeOf(said(text)), text).toBe('unauthenticated');
  }
  expect(codeOf(Object.assign(new Error('x'), { code: 'ENOTFOUND' }))).toBe('unavailable');
  expect(codeOf(new TypeError('x'))).toBe('unauthenticated');
  expect(codeOf(null)).toBe('unauthenticated');
});

test('a managed identity that nobody answers for is an outage only where there is one', () => {
  const unreachable = new CredentialUnavailableError('x', { cause: { errorCode: 'network_error' } });
  const others = [new CredentialUnavailableError('no az'), unreachable];
  for (const error of [unreachable, new AggregateAuthenticationError(others, 'x')]) {
    expect(codeOf(error, true)).toBe('unavailable');
    expect(codeOf(error, false)).toBe('unauthenticated');
  }
  expect(codeOf(new AggregateAuthenticationError([others[0]], 'x'), true)).toBe('unauthenticated');
});
