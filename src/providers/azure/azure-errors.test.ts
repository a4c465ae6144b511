import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { azureErrors, azureFailure } from './azure-errors.js';

const subject = { store: 'azure', what: 'reading app/token', name: 'app--token', vault: 'trading' };

/** As the package throws it. */
function thrown(status: number, code?: string, inner?: string): unknown {
  const error = {
    code,
    message: 'CANARY of the service',
    innerError: inner === undefined ? undefined : { code: inner },
  };
  return Object.assign(new Error('CANARY of the package'), {
    name: 'RestError',
    statusCode: status,
    code,
    details: { error },
  });
}

const codeOf = (error: unknown) => azureFailure(error, subject).code;

describe('a failure of Key Vault', () => {
  test.each([...azureErrors])('%s is %s, in our own words', (said, code) => {
    const [, status, name] = /^(\d+) ?(.*)$/.exec(said.replace('5xx', '503')) ?? [];
    const outer = ['SecretNotFound', 'BadParameter'].includes(name ?? '') ? name : 'Outer';
    const error =
      status === undefined
        ? Object.assign(new Error('CANARY'), { name: said })
        : thrown(Number(status), outer, name === outer ? undefined : name);
    const failure = azureFailure(error, subject);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain('reading app/token');
    expect(inspect(failure, { showHidden: true, depth: 9 })).not.toContain('CANARY');
    expect(failure.advice).not.toMatch(/[{}]/);
  });

  test('is told apart by the code inside before the one outside', () => {
    expect(codeOf(thrown(403, 'Forbidden', 'SecretDisabled'))).toBe('deleted');
    expect(codeOf(thrown(403, 'Forbidden', 'ForbiddenByRbac'))).toBe('denied');
    expect(codeOf(thrown(403, 'Forbidden', 'SomethingNew'))).toBe('denied');
    expect(codeOf(thrown(409, 'Conflict', 'SomethingNew'))).toBe('conflict');
  });

  test('is absence only as the service says it', () => {
    expect(codeOf(thrown(404, 'SecretNotFound'))).toBe('not_found');
    for (const code of [undefined, 'NotFound', 'ResourceNotFound', 'VaultNotFound']) {
      expect(codeOf(thrown(404, code)), code).toBe('invalid');
    }
    expect(codeOf(thrown(403, 'SecretNotFound'))).toBe('denied');
  });

  test('is an outage by any status of one', () => {
    for (const status of [500, 502, 503, 504, 599]) expect(codeOf(thrown(status))).toBe('unavailable');
    const signIn = (statusCode: number) => Object.assign(new Error('x'), { name: 'AuthenticationError', statusCode });
    expect([503, 429, 400].map((status) => codeOf(signIn(status)))).toEqual([
      'unavailable',
      'throttled',
      'unauthenticated',
    ]);
  });

  test('is invalid where the package cannot read the answer, and ours stays as it is', () => {
    expect(codeOf(new TypeError("Cannot read properties of undefined (reading 'split')"))).toBe('invalid');
    expect(codeOf(undefined)).toBe('invalid');
    const own = new KeywardError('timeout', 'enough');
    expect(azureFailure(own, subject)).toBe(own);
  });

  test('names the next command for this secret and this vault', () => {
    expect(azureFailure(thrown(403, 'Forbidden', 'SecretDisabled'), subject).advice).toBe(
      'Enable it with: az keyvault secret set-attributes --enabled true --vault-name trading --name app--token',
    );
  });
});
