import { describe, expect, test } from 'vitest';
import { membersOf } from './vault-answer.js';
import { outageOf, refusalOf, vaultErrors } from './vault-failure.js';

const refusal = (status: number, says?: string) => {
  const members = membersOf(JSON.stringify({ errors: says === undefined ? ['canary'] : [says] })) ?? new Map();
  return outageOf(status, 'vault') ?? refusalOf({ status, members }, 'vault', 'writing secret/data/app');
};
/** The answers that are told apart by more than a status and a text, which a real server gives in test/backends. */
const told = [...vaultErrors].filter(([answer]) => /^\d{3}(?:$|, ")/.test(answer));

describe('what an answer of Vault means', () => {
  test.each(told)('%s is %s, and nothing of the body is repeated', (answer, code) => {
    const [, status = '', says] = /^(\d{3})(?:, "(.*)")?$/.exec(answer) ?? [];
    const error = refusal(Number(status), says);
    expect(error.code).toBe(code);
    expect(JSON.stringify(error) + error.message).not.toContain('canary');
  });

  test.each([
    [400, 'invalid'],
    [404, 'invalid'],
    [500, 'unavailable'],
    [502, 'unavailable'],
    [599, 'unavailable'],
  ])('%d without more is %s', (status, code) => {
    expect(refusal(status).code).toBe(code);
  });
});
