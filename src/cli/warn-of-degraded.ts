import type { Secret } from '../core/secret.js';
import type { Output } from './output/output.js';

/** Says which values are not what their store would answer now, since it did not: older ones, or those of another store. */
export function warnOfDegraded(
  output: Pick<Output, 'finding'>,
  values: Iterable<readonly [name: string, secret: Secret]>,
): void {
  for (const [name, { origin }] of values) {
    if (origin?.degraded !== true) continue;
    output.finding({
      severity: 'warning',
      where: name,
      cause: `a store that should have answered did not; this is what ${origin.provider} answered ${Math.round(origin.ageMs / 1000)} s ago`,
      fix: 'See which store is out of reach with: keyward health',
    });
  }
}
