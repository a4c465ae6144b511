import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../core/errors.js';
import { gcpErrors, httpRefusal, sdkFailure, signInFailure } from './gcp-errors.js';

const canary = 'CANARY-4f1c9a';
const asking = { store: 'gcp', method: 'getSecret', isChange: false };
const body = (error: unknown) => Buffer.from(JSON.stringify({ error }));
const failed = (more: object) => Object.assign(new Error(canary), { details: canary }, more);

const rows: readonly (readonly [string, number, number, ErrorCode])[] = [
  ['CANCELLED', 1, 499, 'timeout'],
  ['UNKNOWN', 2, 500, 'unavailable'],
  ['INVALID_ARGUMENT', 3, 400, 'invalid'],
  ['DEADLINE_EXCEEDED', 4, 504, 'timeout'],
  ['NOT_FOUND', 5, 404, 'not_found'],
  ['ALREADY_EXISTS', 6, 409, 'conflict'],
  ['PERMISSION_DENIED', 7, 403, 'denied'],
  ['RESOURCE_EXHAUSTED', 8, 429, 'throttled'],
  ['FAILED_PRECONDITION', 9, 400, 'deleted'],
  ['ABORTED', 10, 409, 'conflict'],
  ['OUT_OF_RANGE', 11, 400, 'invalid'],
  ['UNIMPLEMENTED', 12, 501, 'invalid'],
  ['INTERNAL', 13, 500, 'unavailable'],
  ['UNAVAILABLE', 14, 503, 'unavailable'],
  ['DATA_LOSS', 15, 500, 'integrity'],
  ['UNAUTHENTICATED', 16, 401, 'unauthenticated'],
];

describe('a refusal of the service', () => {
  test.each(rows)('%s means the same over both transports', (name, number, status, code) => {
    expect(httpRefusal(status, body({ code: status, message: canary, status: name }), asking).code).toBe(code);
    expect(sdkFailure(failed({ code: number }), asking).code).toBe(code);
    expect(gcpErrors.get(name)).toBe(code);
  });

  test('of a change, for a precondition that does not hold, is a conflict', () => {
    const changing = { ...asking, isChange: true };
    expect(httpRefusal(400, body({ status: 'FAILED_PRECONDITION' }), changing).code).toBe('conflict');
    expect(sdkFailure(failed({ code: 9 }), changing).code).toBe('conflict');
  });

  test('is none when it has no headers of the service', () => {
    const code = (number: number, headers: object) =>
      sdkFailure(failed({ code: number, metadata: { getMap: () => headers } }), asking).code;
    expect([code(2, {}), code(8, {}), code(14, {})]).toEqual(['invalid', 'invalid', 'unavailable']);
    const own = { 'content-type': 'application/grpc' };
    expect([code(2, own), code(8, own)]).toEqual(['unavailable', 'throttled']);
  });

  test('is repeated nowhere', () => {
    const errors = [
      httpRefusal(403, body({ code: 403, message: canary, status: 'PERMISSION_DENIED', details: [canary] }), asking),
      httpRefusal(400, Buffer.from(canary), asking),
      sdkFailure(failed({ code: 7, metadata: { canary } }), asking),
      sdkFailure(failed({}), asking),
      signInFailure(failed({ response: { status: 400, data: canary } }), 'gcp'),
    ];
    for (const error of errors) expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(canary);
  });

  test('is none without the form of the service, whatever the status', () => {
    const code = (status: number, text: string) => httpRefusal(status, Buffer.from(text), asking).code;
    for (const text of ['', '<html>', 'null', '[]', '{"error":"NOT_FOUND"}', '{"error":{"status":"__proto__"}}']) {
      expect([401, 403, 404, 409].map((status) => code(status, text))).toEqual(Array(4).fill('invalid'));
      expect([429, 500, 502].map((status) => code(status, text))).toEqual(['throttled', 'unavailable', 'unavailable']);
    }
    for (const number of [0, 17, '5', undefined])
      expect(sdkFailure(failed({ code: number }), asking).code).toBe('invalid');
  });
});

describe('a failed sign-in', () => {
  test('is an outage when whoever issues tokens did not answer', () => {
    const code = (more: object) => signInFailure(failed(more), 'gcp').code;
    expect([{}, { response: { status: 400 } }, { response: { status: 401 } }].map(code)).toEqual(
      Array(3).fill('unauthenticated'),
    );
    const outages = [{ response: { status: 503 } }, { response: { status: 429 } }, { code: 'ECONNREFUSED' }];
    expect(outages.map(code)).toEqual(Array(3).fill('unavailable'));
  });
});
