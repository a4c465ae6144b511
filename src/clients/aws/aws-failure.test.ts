import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { rejected } from '../../core/provider-read.contract.js';
import { askAws, commonAwsErrors, isRefusal } from './aws-failure.js';
import { WireFailure } from './aws-wire.js';

const texts = [{ name: 'Unclear', says: 'is deleted', code: 'deleted' }] as const;
const meanings = { store: 'aws', errors: new Map([...commonAwsErrors, ['Unclear', 'invalid'] as const]), texts };
const call = { action: 'secretsmanager:GetSecretValue', on: 'app/token', signal: undefined };

const ask = (error: unknown) => askAws(meanings, call, () => Promise.reject(error));
const errorOf = (name: string, status?: number, message = 'CANARY-4f1c9a') => {
  const metadata = status === undefined ? {} : { $metadata: { httpStatusCode: status, requestId: 'a-1' } };
  return Object.assign(new Error(message), { name, $response: { body: 'CANARY-4f1c9a' }, ...metadata });
};

describe('an error of the SDK', () => {
  test.each([...commonAwsErrors])('%s means %s', async (name, code) => {
    const error = await rejected(ask(errorOf(name, 400)), code);
    expect(isRefusal(error, name)).toBe(true);
    expect(error.message).toContain(name);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('CANARY');
  });

  test.each([
    [500, 'unavailable'],
    [503, 'unavailable'],
    [429, 'throttled'],
    [404, 'invalid'],
    [403, 'invalid'],
    [200, 'invalid'],
    [undefined, 'config'],
  ] as const)('that the service does not have means, with status %s, %s', async (status, code) => {
    const error = await rejected(ask(errorOf('CANARY-4f1c9a', status)), code);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('CANARY');
  });

  test('with two meanings is told apart by its recorded text', async () => {
    await rejected(ask(errorOf('Unclear', 400, 'this secret is deleted')), 'deleted');
    await rejected(ask(errorOf('Unclear', 400)), 'invalid');
  });

  test('that carries a failure of the wire is that failure', async () => {
    const failure = new KeywardError('integrity', 'not proven');
    await expect(ask(new WireFailure(failure))).rejects.toBe(failure);
  });

  test('after the caller gave up is that', async () => {
    const signal = AbortSignal.abort();
    const given = askAws(meanings, { ...call, signal }, () => Promise.reject(errorOf('AbortError')));
    await rejected(given, 'timeout');
  });
});
