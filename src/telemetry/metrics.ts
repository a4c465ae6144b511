import type { Counter, Histogram, Registry } from 'prom-client';
import { KeywardError } from '../core/errors.js';
import { importOptional } from '../core/import-optional.js';
import type { Observer } from '../core/observer.js';

/** A registry of prom-client, of whichever installation of it. */
export interface MetricsRegistry {
  registerMetric(metric: never): void;
}

/** Upper bounds in seconds: from a file that is read to the ten seconds that a question has. */
const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Metrics {
  readonly requests: Counter<'backend' | 'status'>;
  readonly durations: Histogram<'backend'>;
  readonly degraded: Counter<'backend'>;
}

/** Several chains may share one registry. */
const metricsOf = new WeakMap<MetricsRegistry, Metrics>();

/**
 * Counts requests to stores in the user's own registry: `secret_requests_total{backend,status}`,
 * `secret_request_duration_seconds{backend}`, `secret_degraded_answers_total{backend}`. `backend` is the name of the store
 * in the chain, `status` is `found`, `absent` or an error code. What is answered from memory is no request.
 *
 * @throws KeywardError `config` when prom-client is not installed, or the registry has other metrics of these names.
 */
export async function createMetrics(registry: MetricsRegistry): Promise<Pick<Observer, 'access'>> {
  const { requests, durations, degraded } = metricsOf.get(registry) ?? (await register(registry));
  return {
    access: ({ provider: backend, outcome: status, cached, degraded: isDegraded, durationMs }) => {
      if (isDegraded && status === 'found') degraded.inc({ backend });
      if (cached) return;
      requests.inc({ backend, status });
      durations.observe({ backend }, durationMs / 1000);
    },
  };
}

async function register(registry: MetricsRegistry): Promise<Metrics> {
  const { Counter, Histogram } = await importOptional('prom-client', '`metrics`', () => import('prom-client'));
  // Its metrics ask of a registry no more than to be registered.
  const registers = [registry as Registry];
  try {
    const metrics: Metrics = {
      requests: new Counter({
        name: 'secret_requests_total',
        help: 'Requests to stores of secrets, by their outcome',
        labelNames: ['backend', 'status'],
        registers,
      }),
      durations: new Histogram({
        name: 'secret_request_duration_seconds',
        help: 'Time that requests to stores of secrets took',
        labelNames: ['backend'],
        buckets: durationBuckets,
        registers,
      }),
      degraded: new Counter({
        name: 'secret_degraded_answers_total',
        help: 'Answers given although a store that should have answered could not',
        labelNames: ['backend'],
        registers,
      }),
    };
    metricsOf.set(registry, metrics);
    return metrics;
  } catch (cause) {
    throw new KeywardError('config', '`metrics` is no registry of prom-client, or has other metrics of these names', {
      advice: 'Hand in a Registry that has no metric whose name begins with secret_request.',
      cause,
    });
  }
}
