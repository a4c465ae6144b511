import type { Finding } from '../../core/finding.js';
import type { RotationFinding } from '../rotation/rotation-findings.js';
import type { CheckedSecret } from './check-secrets.js';
import type { LiveCheck } from './live-checks.js';

type Sample = readonly [CheckedSecret, number];

const dayMs = 86_400_000;

export interface Checked {
  readonly secrets: readonly CheckedSecret[];
  readonly rotations: readonly RotationFinding[];
  /** Of those whose targets were asked. */
  readonly live: readonly LiveCheck[];
  /** Everything that was found. */
  readonly findings: readonly Finding[];
  /** When, in milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * What was checked in the text format 0.0.4 of Prometheus, for a file of the node exporter's textfile collector: whether
 * each secret is there, how it stands with its rotation, how many days until that and its end, and how many findings there
 * are.
 */
export function prometheusText({ secrets, rotations, live, findings, nowMs }: Checked): string {
  const daysUntil = (time: Date | undefined, secret: CheckedSecret): readonly Sample[] =>
    time === undefined ? [] : [[secret, Math.round(((time.getTime() - nowMs) / dayMs) * 1000) / 1000]];
  const required = secrets.filter((secret) => secret.required);
  const all = (value: (secret: CheckedSecret) => boolean) =>
    secrets.map((secret): Sample => [secret, Number(value(secret))]);
  const has = (wanted: RotationFinding['problem']) => {
    const paths = new Set(rotations.filter(({ problem }) => problem === wanted).map(({ where }) => where));
    return all(({ path }) => paths.has(path));
  };
  const tested = secrets.flatMap((secret) => {
    const result = live.find(({ path }) => path === secret.path)?.result;
    return result === undefined || result === 'no live test' ? [] : [{ secret, result }];
  });
  const answered = (wanted: LiveCheck['result']) =>
    tested.map(({ secret, result }): Sample => [secret, Number(result === wanted)]);
  const count = (wanted: string) => findings.filter(({ severity }) => severity === wanted).length;
  return [
    ...family(
      'secret_missing',
      'Whether no store has a required secret',
      required.map((secret) => [secret, Number(secret.state === 'missing')]),
    ),
    ...family(
      'secret_unreadable',
      'Whether a secret could not be read',
      all(({ state }) => state === 'unreadable'),
    ),
    ...family(
      'secret_rotation_overdue',
      'Whether the rotation of a secret is overdue',
      all(({ isOverdue }) => isOverdue),
    ),
    ...family('secret_rotation_failed', 'Whether the rotation of a secret failed', has('failed')),
    ...family('secret_rotation_stuck', 'Whether nobody goes on with the rotation of a secret', has('stuck')),
    ...family('secret_rotation_waiting', 'Whether the rotation of a secret waits for somebody', has('waiting')),
    ...family(
      'secret_rotation_due_days',
      'Days until a secret is to be rotated, negative when that is over',
      secrets.flatMap((secret) => daysUntil(secret.rotationDueAt, secret)),
    ),
    ...family(
      'secret_expired',
      'Whether a secret is expired',
      all(({ expiresAt }) => expiresAt !== undefined && expiresAt.getTime() <= nowMs),
    ),
    ...family(
      'secret_expiry_days',
      'Days until a secret expires, negative when it has',
      secrets.flatMap((secret) => daysUntil(secret.expiresAt, secret)),
    ),
    ...family('secret_live_refused', 'Whether the target of a secret refuses it (--live)', answered('refused')),
    ...family('secret_live_unreachable', 'Whether a secret could not be tested (--live)', answered('unreachable')),
    ...header('secret_check_findings', 'What keyward check found, by severity'),
    ...['error', 'warning'].map((severity) => `secret_check_findings{severity="${severity}"} ${count(severity)}`),
    ...header('secret_check_timestamp_seconds', 'When keyward check ran'),
    `secret_check_timestamp_seconds ${Math.floor(nowMs / 1000)}`,
    '',
  ].join('\n');
}

function header(name: string, help: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
}

function family(name: string, help: string, samples: readonly Sample[]): readonly string[] {
  if (samples.length === 0) return [];
  const lines = samples.map(([{ path, owner }, value]) => {
    const labels = [`secret="${escaped(path)}"`, ...(owner === undefined ? [] : [`owner="${escaped(owner)}"`])];
    return `${name}{${labels.join(',')}} ${value}`;
  });
  return [...header(name, help), ...lines];
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
