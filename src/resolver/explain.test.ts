import { describe, expect, test } from 'vitest';
import { compilePathPattern } from '../core/path-pattern.js';
import { chainUnderTest } from '../testing/chain-under-test.js';

const name = 'exchange/binance/api_key';

function vaultAwsEnv() {
  const chain = chainUnderTest();
  const vault = chain.store({ name: 'vault', kind: 'vault' });
  const aws = chain.store({ name: 'aws', kind: 'aws' });
  const env = chain.store({ name: 'env', kind: 'env', traits: { layout: 'single', managed: false } });
  const secrets = chain.secrets({ links: [vault, aws, env].map((provider) => ({ provider })) });
  return { ...chain, vault, aws, env, secrets };
}

describe('explain', () => {
  test('says which store answers, in which shape and version, and what is shadowed', async () => {
    const { vault, aws, env, secrets } = vaultAwsEnv();
    aws.says('exchange/binance', { fields: { api_key: 'canary-1' }, version: 3 });
    aws.says(name, { value: 'canary-2' });
    env.says(name, { value: 'canary-3' });
    vault.says('exchange/binance', { fields: { api_secret: 'canary-4' } });
    const explanation = await secrets.explain(name);
    expect(explanation).toEqual({
      name,
      steps: [
        { provider: 'vault', kind: 'vault', outcome: 'absent', reason: 'it does not hold this name' },
        {
          provider: 'aws',
          kind: 'aws',
          outcome: 'answered',
          reason: 'found as field api_key of document exchange/binance, version 3',
        },
        { provider: 'env', kind: 'env', outcome: 'not asked', reason: 'aws answers before it' },
      ],
      answeredBy: 'aws',
      shadowed: [`aws: found as secret ${name}`, `env: found as secret ${name}`],
    });
    expect(JSON.stringify(explanation)).not.toContain('canary');
  });

  test('does not call one variable of the environment shadowed by itself', async () => {
    const { env, secrets } = vaultAwsEnv();
    env.says(name, { value: 'one' });
    env.says('exchange/binance', { fields: { api_key: 'one' } }, { fields: { api_key: 'another' } });
    expect((await secrets.explain(name)).shadowed).toEqual([]);
    expect((await secrets.explain(name)).shadowed).toEqual([
      'env: found as field api_key of document exchange/binance',
    ]);
  });

  test('names a variable of the environment once among the shadowed, two different values twice', async () => {
    const { vault, env, secrets } = vaultAwsEnv();
    vault.says('exchange/binance', { fields: { api_key: 'strong' } });
    env.says(name, { value: 'one' });
    env.says('exchange/binance', { fields: { api_key: 'one' } }, { fields: { api_key: 'another' } });
    const single = `env: found as secret ${name}`;
    expect((await secrets.explain(name)).shadowed).toEqual([single]);
    const field = 'env: found as field api_key of document exchange/binance';
    expect((await secrets.explain(name)).shadowed).toEqual([single, field]);
  });

  test('says where and why the chain stops', async () => {
    const { vault, env, secrets } = vaultAwsEnv();
    vault.says('exchange/binance', { error: 'denied' });
    env.says(name, { value: 'v' });
    const { steps, answeredBy, shadowed } = await secrets.explain(name);
    expect(steps.map((step) => step.outcome)).toEqual(['failed', 'not asked', 'not asked']);
    expect(steps[0]?.reason).toContain('denied');
    expect(steps[2]?.reason).toContain('vault answered "denied"');
    expect([answeredBy, shadowed]).toEqual([undefined, []]);
    expect(env.calls).toBe(0);
  });

  test('says that the last good value stands in, and from when it is', async () => {
    const { vault, secrets, clock, settle } = vaultAwsEnv();
    vault.says('exchange/binance', { fields: { api_key: 'v' } });
    await secrets.get(name);
    vault.says('exchange/binance', { error: 'timeout' });
    await clock.advance(12_000);
    const { steps, answeredBy } = await settle(secrets.explain(name));
    expect(steps[0]).toMatchObject({ outcome: 'failed' });
    expect(steps[0]?.reason).toContain('the last good value, from vault 12000 ms ago, stands in');
    expect(answeredBy).toBe('vault');
  });

  test('asks the stores although the value is in memory', async () => {
    const { vault, secrets } = vaultAwsEnv();
    vault.says('exchange/binance', { fields: { api_key: 'v' } });
    await secrets.get(name);
    vault.says('exchange/binance', { error: 'denied' });
    expect((await secrets.explain(name)).answeredBy).toBeUndefined();
  });

  test('of a name that is nowhere says so for every store', async () => {
    const { secrets } = vaultAwsEnv();
    const { steps, answeredBy } = await secrets.explain(name);
    expect(steps.map((step) => step.outcome)).toEqual(['absent', 'absent', 'absent']);
    expect(answeredBy).toBeUndefined();
  });

  test('says which store does not serve the path', async () => {
    const { vault, env, secrets } = (() => {
      const parts = vaultAwsEnv();
      const serves = [compilePathPattern('database/**')];
      const links = [{ provider: parts.vault, serves }, { provider: parts.env }];
      return { ...parts, secrets: chainUnderTest().secrets({ links }) };
    })();
    env.says(name, { value: 'v' });
    const { steps, answeredBy } = await secrets.explain(name);
    expect(steps[0]).toMatchObject({ outcome: 'not asked', reason: 'its `serves` does not cover this path' });
    expect(answeredBy).toBe('env');
    expect(vault.calls).toBe(0);
  });
});
