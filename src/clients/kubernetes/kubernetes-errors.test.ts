import { describe, expect, test } from 'vitest';
import { kubernetesErrors, readRefusal, refusalError } from './kubernetes-errors.js';

const canary = 'CANARY-said';
const status = (code: number, reason: string) => ({ kind: 'Status', status: 'Failure', message: canary, reason, code });
const errorFor = (code: number, body: unknown) => refusalError(readRefusal(code, body), code, 'k', 'reading Secret a');

describe('a refusal', () => {
  test.each([
    ['NotFound', 404, 'not_found'],
    ['Unauthorized', 401, 'unauthenticated'],
    ['Forbidden', 403, 'denied'],
    ['AlreadyExists', 409, 'conflict'],
    ['Conflict', 409, 'conflict'],
    ['Expired', 410, 'unavailable'],
    ['Gone', 410, 'unavailable'],
    ['Invalid', 422, 'invalid'],
    ['BadRequest', 400, 'invalid'],
    ['NotAcceptable', 406, 'invalid'],
    ['UnsupportedMediaType', 415, 'invalid'],
    ['MethodNotAllowed', 405, 'unsupported'],
    ['RequestEntityTooLarge', 413, 'too_large'],
    ['TooManyRequests', 429, 'throttled'],
    ['Timeout', 504, 'unavailable'],
    ['ServerTimeout', 500, 'unavailable'],
    ['InternalError', 500, 'unavailable'],
    ['ServiceUnavailable', 503, 'unavailable'],
  ] as const)('%s is told by its reason', (reason, code, expected) => {
    expect(kubernetesErrors.get(reason)).toBe(expected);
    const error = errorFor(code, status(code, reason));
    expect(error.code).toBe(expected);
    expect(error.cause).toBeUndefined();
    expect(error.message + error.advice).not.toContain(canary);
  });

  test('has a test for each reason', () => {
    expect(kubernetesErrors.size).toBe(18);
  });

  test('is believed only in the form of the API server, with the status of the answer', () => {
    for (const body of [undefined, canary, {}, { reason: 'NotFound' }, { ...status(404, 'NotFound'), kind: 'Error' }]) {
      expect(errorFor(404, body).code).toBe('invalid');
      expect(errorFor(401, body).code).toBe('invalid');
    }
    expect(errorFor(404, status(200, 'NotFound')).code).toBe('invalid');
    expect(errorFor(404, status(404, 'SomethingNew')).code).toBe('invalid');
  });

  test('that a balancer gives instead is an outage, or asks to slow down', () => {
    for (const code of [500, 502, 503, 504]) expect(errorFor(code, canary).code).toBe('unavailable');
    expect(errorFor(429, canary).code).toBe('throttled');
  });
});
