import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { binaryPayload, textPayload } from '../../core/payload.js';
import { Secret } from '../../core/secret.js';
import { valueFindings } from './value-findings.js';

const of = (text: string) => valueFindings('app/token', Secret.of(textPayload(text)));
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('slips in values', () => {
  test.each([
    ['', 'empty'],
    ['s3cr3t\n', 'newline'],
    ['s3cr3t\r\n', 'newline'],
    [' s3cr3t', 'spaces'],
    ['s3cr3t ', 'spaces'],
    ['"s3cr3t"', 'quotes'],
    ["'s3cr3t'", 'quotes'],
    [base64(base64('postgres://user@host/db')), 'twice'],
  ])('%j is remarked upon, and not repeated', (text, cause) => {
    const findings = of(text);
    expect(findings).toMatchObject([
      { severity: 'warning', where: 'app/token', cause: expect.stringContaining(cause) },
    ]);
    if (text.trim().length > 2) expect(inspect(findings)).not.toContain(text.trim());
  });

  test.each([
    's3cr3t',
    '"',
    'a"b',
    base64('a value that is binary to others'),
    '-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n',
    'QUJDRA==',
  ])('%j is a value like any other', (text) => {
    expect(of(text)).toEqual([]);
  });

  test('bytes that are no text are left alone', () => {
    expect(valueFindings('app/token', Secret.of(binaryPayload(Uint8Array.of(0, 255, 1, 254))))).toEqual([]);
  });
});
