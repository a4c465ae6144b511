import { describe, expect, test } from 'vitest';
import { KeywardError } from '../core/errors.js';
import { compilePathPattern } from '../core/path-pattern.js';
import { chainUnderTest } from '../testing/chain-under-test.js';

const probe = 'health/check';

function vaultEnv(production = false) {
  const chain = chainUnderTest();
  const vault = chain.store({ name: 'vault', kind: 'vault' });
  const env = chain.store({ name: 'env', kind: 'env', traits: { managed: false } });
  const links = [{ provider: vault }, { provider: env }];
  return { ...chain, vault, env, links, make: chain.secrets, secrets: chain.secrets({ links, production }) };
}

describe('health', () => {
  test('is healthy when every store answers, and absent is an answer', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says(probe, { value: 'canary-4711' });
    const health = await secrets.health();
    expect(health).toEqual({
      status: 'healthy',
      links: [
        { provider: 'vault', kind: 'vault', probe: 'read', status: 'healthy', findings: [] },
        { provider: 'env', kind: 'env', probe: 'absent', status: 'healthy', findings: [] },
      ],
    });
    expect(JSON.stringify(health)).not.toContain('canary');
  });

  test('is healthy with the probe denied, and says so', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says(probe, { error: 'denied' });
    const { status, links } = await secrets.health();
    expect(status).toBe('healthy');
    expect(links[0]).toMatchObject({
      probe: 'denied',
      status: 'healthy',
      findings: [{ severity: 'info', where: 'vault' }],
    });
  });

  test.each(['unavailable', 'unauthenticated', 'sealed', 'integrity', 'timeout'] as const)(
    'is unhealthy when the probe fails with %s, though the store calls itself healthy',
    async (error) => {
      const { vault, secrets, settle } = vaultEnv();
      vault.says(probe, { error });
      const { status, links } = await settle(secrets.health());
      expect(status).toBe('unhealthy');
      expect(links[0]).toMatchObject({ probe: 'failed', status: 'unhealthy', findings: [{ severity: 'error' }] });
      expect(links[1]?.status).toBe('healthy');
    },
  );

  test('never throws and never hangs, whatever a store does', async () => {
    const { vault, env, make, settle } = vaultEnv();
    const throwing = { ...vault, health: () => Promise.reject(new Error('canary-4711')) };
    const hanging = { ...env, health: () => new Promise<never>(() => {}), read: () => new Promise<never>(() => {}) };
    const health = await settle(make({ links: [{ provider: throwing }, { provider: hanging }] }).health());
    expect(health.links.map((link) => link.status)).toEqual(['unhealthy', 'unhealthy']);
    expect(JSON.stringify(health)).not.toContain('canary');
  });

  test('does not read where the link does not serve the probe path, nor where it is told another', async () => {
    const { vault, env, make } = vaultEnv();
    const serves = [compilePathPattern('exchange/**')];
    const secrets = make({ links: [{ provider: vault, serves }, { provider: env }], probePath: 'ops/ping' });
    expect((await secrets.health()).links.map((link) => link.probe)).toEqual(['not probed', 'absent']);
    expect(vault.calls).toBe(0);
    expect(env.asked).toEqual(['ops/ping']);
  });
});

describe('ready', () => {
  test('connects every link, and absent or denied is an answer', async () => {
    const { vault, env, secrets } = vaultEnv();
    vault.says(probe, { error: 'denied' });
    await secrets.ready();
    expect([vault.calls, env.calls]).toEqual([1, 1]);
  });

  test('lets an outage pass where the next store may stand in', async () => {
    const { vault, secrets, settle } = vaultEnv();
    vault.says(probe, { error: 'unavailable' });
    await settle(secrets.ready());
  });

  test('fails with the outage of a store that nothing may stand in for', async () => {
    const { vault, secrets, settle } = vaultEnv(true);
    vault.says(probe, { error: 'unavailable' });
    await expect(settle(secrets.ready())).rejects.toMatchObject({ code: 'unavailable', store: 'vault' });
    const last = vaultEnv();
    last.env.says(probe, { error: 'timeout' });
    await expect(last.settle(last.secrets.ready())).rejects.toMatchObject({ code: 'timeout', store: 'env' });
  });

  test('fails with what would stop the chain', async () => {
    const { vault, secrets } = vaultEnv();
    vault.says(probe, { error: 'unauthenticated' });
    await expect(secrets.ready()).rejects.toMatchObject({ code: 'unauthenticated', store: 'vault' });
  });

  test('asks a store for its health where it does not serve the probe path', async () => {
    const { vault, make } = vaultEnv();
    const findings = [{ severity: 'error' as const, where: 'vault', cause: 'sealed since noon', fix: 'unseal it' }];
    const sick = { ...vault, health: async () => ({ status: 'unhealthy' as const, findings }) };
    const secrets = make({ links: [{ provider: sick, serves: [compilePathPattern('exchange/**')] }] });
    const error: unknown = await secrets.ready().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KeywardError);
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('sealed since noon') });
  });
});
