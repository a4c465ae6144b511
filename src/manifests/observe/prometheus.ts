import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';

/** https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export default defineTarget({
  summary: 'alert rules of Prometheus: unusual access, missing secrets, overdue rotations, stores that are down',
  options: {
    every: { value: '<hours>', description: 'how often keyward check writes its metrics, at least', default: '24' },
    unusual: { value: '<factor>', description: 'requests to a store over those of the day before', default: '10' },
  },
  async render({ secrets }, { every, unusual }) {
    const required = secrets.filter(({ isRequired }) => isRequired).map(({ path }) => path);
    const rate = (range: string) => `sum by (backend) (rate(secret_requests_total[${range}]))`;
    const rules = [
      alert(
        'SecretAccessUnusual',
        'warning',
        '5m',
        `${rate('5m')} > ${unusual} * (${rate('1d')} > 0) and ${rate('5m')} > 0.1`,
        'Far more secrets than usual are asked of {{ $labels.backend }}',
      ),
      alert(
        'SecretAccessRefused',
        'warning',
        '0m',
        'sum by (backend) (increase(secret_requests_total{status=~"denied|unauthenticated"}[5m])) > 0',
        '{{ $labels.backend }} refuses secrets',
      ),
      alert(
        'SecretMissing',
        'critical',
        '1m',
        'secret_missing == 1',
        'No store has the required secret {{ $labels.secret }}',
      ),
      ...(required.length === 0
        ? []
        : [
            alert(
              'SecretUnchecked',
              'warning',
              '1h',
              required.map((path) => `absent(secret_missing{secret=${JSON.stringify(path)}})`).join('\nor '),
              'keyward check does not look at {{ $labels.secret }}',
            ),
          ]),
      alert(
        'SecretCheckStale',
        'warning',
        '0m',
        `time() - secret_check_timestamp_seconds > ${Number(every) * 2 * 3600}`,
        'keyward check has not run for long',
      ),
      alert(
        'SecretRotationOverdue',
        'warning',
        '0m',
        'secret_rotation_overdue == 1',
        'The rotation of {{ $labels.secret }} is overdue',
      ),
      alert(
        'SecretRotationFailed',
        'warning',
        '0m',
        'secret_rotation_failed == 1 or secret_rotation_stuck == 1',
        'The rotation of {{ $labels.secret }} has failed or is stuck',
      ),
      alert(
        'SecretExpiresSoon',
        'warning',
        '0m',
        'secret_expiry_days < 14',
        '{{ $labels.secret }} expires in {{ $value }} days',
      ),
      alert(
        'SecretStoreDown',
        'critical',
        '5m',
        'sum by (backend) (increase(secret_requests_total{status=~"unavailable|timeout|throttled|sealed"}[5m])) > 0\nunless sum by (backend) (increase(secret_requests_total{status="found"}[5m])) > 0',
        '{{ $labels.backend }} answers nothing',
      ),
      alert(
        'SecretsDegraded',
        'warning',
        '0m',
        'sum by (backend) (increase(secret_degraded_answers_total[5m])) > 0',
        'Secrets come from {{ $labels.backend }} although another store should answer',
      ),
    ];
    const text = await printYaml({ groups: [{ name: 'keyward', interval: '1m', rules }] });
    const next = `Metrics: secret_requests_total and degraded ones from the program, docs/guide/observability.md; the others by:
keyward check --format prometheus > /var/lib/node_exporter/keyward.prom, at least every ${every} hours
promtool check rules keyward-rules.yaml`;
    return [{ path: 'keyward-rules.yaml', text, next }];
  },
});

function alert(name: string, severity: 'warning' | 'critical', wait: string, expr: string, summary: string): object {
  return { alert: name, expr, for: wait, labels: { severity }, annotations: { summary } };
}
