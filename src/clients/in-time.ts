import type { Clock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';

/** The outcome of the work, which goes on after the deadline for nobody. @throws KeywardError `timeout` */
export function inTime<T>(
  work: Promise<T>,
  { store, clock, timeoutMs }: { readonly store: string; readonly clock: Clock; readonly timeoutMs: number },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new KeywardError('timeout', `${store} did not answer within ${timeoutMs} ms`, { store }));
    const timer = clock.after(timeoutMs, late);
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
