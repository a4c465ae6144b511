import { cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Counter, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import type { AccessRecord } from '../core/observer.js';
import { parsePath } from '../core/path.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { createMetrics } from './metrics.js';

const read: AccessRecord = {
  path: parsePath('app/secret_name'),
  provider: 'vault',
  outcome: 'found',
  cached: false,
  degraded: false,
  durationMs: 20,
};

describe('metrics', () => {
  test('count requests to stores by outcome and time, without names of secrets', async () => {
    const registry = new Registry();
    const { access } = await createMetrics(registry);
    access(read);
    access(read);
    access({ ...read, provider: 'env', outcome: 'absent', durationMs: 0.1 });
    access({ ...read, outcome: 'denied' });
    const text = await registry.metrics();
    expect(text).toContain('secret_requests_total{backend="vault",status="found"} 2');
    expect(text).toContain('secret_requests_total{backend="env",status="absent"} 1');
    expect(text).toContain('secret_requests_total{backend="vault",status="denied"} 1');
    expect(text).toContain('secret_request_duration_seconds_bucket{le="0.01",backend="vault"} 0');
    expect(text).toContain('secret_request_duration_seconds_bucket{le="0.025",backend="vault"} 3');
    expect(text).not.toContain('secret_name');
  });

  test('an answer from memory is no request, and a degraded one is counted as such', async () => {
    const registry = new Registry();
    const { access } = await createMetrics(registry);
    access({ ...read, cached: true });
    access({ ...read, cached: true, degraded: true });
    const text = await registry.metrics();
    expect(text).not.toContain('secret_requests_total{');
    expect(text).toContain('secret_degraded_answers_total{backend="vault"} 1');
  });

  test('two chains share one registry', async () => {
    const registry = new Registry();
    for (const { access } of [await createMetrics(registry), await createMetrics(registry)]) access(read);
    expect(await registry.metrics()).toContain('secret_requests_total{backend="vault",status="found"} 2');
  });

  test('a registry of another installation of prom-client works', async () => {
    const folder = temporaryFolder();
    const require = createRequire(import.meta.url);
    const modules = folder.path('node_modules');
    mkdirSync(modules);
    const installed = dirname(require.resolve('prom-client/package.json'));
    for (const name of ['prom-client', 'tdigest', 'bintrees', '@opentelemetry/api']) {
      cpSync(join(installed, '..', name), join(modules, name), { recursive: true });
    }
    const other: typeof import('prom-client') = require(join(modules, 'prom-client'));
    expect(other.Registry).not.toBe(Registry);
    const registry = new other.Registry();
    const { access } = await createMetrics(registry);
    access(read);
    expect(await registry.metrics()).toContain('secret_requests_total{backend="vault",status="found"} 1');
    expect(await registry.getMetricsAsJSON()).toHaveLength(3);
    folder.remove();
  });

  test('a registry that has another metric of the name is refused', async () => {
    const registry = new Registry();
    new Counter({ name: 'secret_requests_total', help: 'mine', registers: [registry] });
    await expect(createMetrics(registry)).rejects.toMatchObject({ code: 'config' });
  });
});
