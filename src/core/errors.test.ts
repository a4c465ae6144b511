import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { errorCodes, errorTable, isKeywardError, KeywardError, toKeywardError } from './errors.js';

describe('errors', () => {
  test('every code has a status, an exit code, a meaning and an advice that ends as a sentence', () => {
    for (const code of errorCodes) {
      const entry = errorTable[code];
      expect(entry.httpStatus).toBeGreaterThanOrEqual(400);
      expect(entry.exitCode).toBeGreaterThan(1);
      expect(entry.meaning).toMatch(/\.$/);
      expect(entry.advice).toMatch(/\.$/);
    }
  });

  test('a foreign error becomes internal and its message is not repeated', () => {
    const wrapped = toKeywardError(new Error('Invalid URL: https://user:canary@host'), 'reading the config');
    expect(wrapped).toMatchObject({ code: 'internal', message: 'reading the config failed unexpectedly' });
    expect(JSON.stringify(wrapped)).not.toContain('canary');
    const ours = new KeywardError('denied', 'no');
    expect(toKeywardError(ours, 'x')).toBe(ours);
  });

  test('codes are told apart by isKeywardError', () => {
    expect(isKeywardError(new KeywardError('denied', 'x'), 'denied', 'timeout')).toBe(true);
    expect(isKeywardError(new KeywardError('denied', 'x'), 'timeout')).toBe(false);
    expect(isKeywardError(new Error('x'))).toBe(false);
    expect(inspect(new KeywardError('denied', 'x', { store: 'vault' }))).toContain('vault');
  });
});
