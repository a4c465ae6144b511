import { KeywardError } from './errors.js';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds in a text such as `300s`, `1h` or `90d`. @throws KeywardError `invalid` */
export function parseDuration(text: string): number {
  const match = /^([0-9]{1,9})(ms|s|m|h|d)$/.exec(text);
  const amount = match?.[1];
  const unit = match?.[2] as keyof typeof unitMs | undefined;
  if (amount === undefined || unit === undefined) {
    throw new KeywardError('invalid', 'a duration is a number and one of ms, s, m, h and d', {
      advice: 'Write it like 300s, 15m, 1h or 90d.',
    });
  }
  return Number(amount) * unitMs[unit];
}

/** The shortest exact text, for example `90d`. */
export function formatDuration(durationMs: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (durationMs >= unitMs[unit] && durationMs % unitMs[unit] === 0) return `${durationMs / unitMs[unit]}${unit}`;
  }
  return `${durationMs}ms`;
}
