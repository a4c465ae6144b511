import { describe, expect, test } from 'vitest';
import type { ReferenceVariable } from '../core/reference.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import { resolveReferences } from './resolve-references.js';

function variables(values: Readonly<Record<string, string>>): ReadonlyMap<string, ReferenceVariable> {
  return new Map(Object.entries(values).map(([name, value]) => [name, { value, where: 'the environment' }]));
}

function oneStore() {
  const { store, secrets, settle } = chainUnderTest();
  const vault = store({ name: 'vault', traits: { layout: 'single' } });
  const opened = secrets({ links: [{ provider: vault }] });
  return {
    vault,
    resolve: (values: Readonly<Record<string, string>>) => settle(resolveReferences(opened, variables(values))),
  };
}

describe('resolving references', () => {
  test('gives each variable the secret, the field or the version that it names', async () => {
    const { vault, resolve } = oneStore();
    vault.says('app/token', { value: 'whole' });
    vault.says('exchange/binance', { value: '{"api_key":"one field"}' });
    const resolved = await resolve({ A: 'keyward://app/token', B: 'keyward://exchange/binance#api_key' });
    expect([...resolved].map(([name, secret]) => [name, secret.expose()]).sort()).toEqual([
      ['A', 'whole'],
      ['B', 'one field'],
    ]);
  });

  test('does not follow a value that looks like a reference', async () => {
    const { vault, resolve } = oneStore();
    vault.says('app/token', { value: 'keyward://app/other' });
    vault.says('app/other', { value: 'not for everybody' });
    expect((await resolve({ A: 'keyward://app/token' })).get('A')?.expose()).toBe('keyward://app/other');
  });

  test('names all that cannot be resolved together, with where and why', async () => {
    const { vault, resolve } = oneStore();
    vault.says('app/token', { value: 'fine' });
    const error = await resolve({
      B_MISSING: 'keyward://app/missing',
      A_MISSING: 'keyward://app/absent',
      FINE: 'keyward://app/token',
    }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(/A_MISSING \(the environment\): .*app\/absent.*; B_MISSING .*app\/missing/),
    });
    expect(String(error)).not.toContain('FINE');
  });

  test('fails with what is worse than absence when both happen', async () => {
    const { vault, resolve } = oneStore();
    vault.says('app/secret', { error: 'denied' });
    const values = { A: 'keyward://app/missing', B: 'keyward://app/secret', C: 'keyward://CANARY/' };
    const error = await resolve(values).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'denied' });
    expect(String(error)).toContain('C (the environment)');
    expect(String(error)).not.toContain('CANARY');
  });
});
