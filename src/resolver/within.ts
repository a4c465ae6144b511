import type { Clock } from '../core/clock.js';
import type { KeywardError } from '../core/errors.js';

/**
 * Runs the call for at most `limitMs`. When the time is over, or the signal is aborted, the call's own signal is aborted
 * and the promise rejects at once, whether or not the call heeds it.
 *
 * @throws what the call throws, `late()` when the time is over, the signal's reason when it is aborted.
 */
export function within<T>(
  clock: Clock,
  limitMs: number,
  signal: AbortSignal,
  late: () => KeywardError,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  if (limitMs <= 0) return Promise.reject(late());
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const release = () => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    };
    const giveUp = (reason: unknown) => {
      release();
      controller.abort(reason);
      reject(reason);
    };
    const onAbort = () => giveUp(signal.reason);
    const timer = clock.after(limitMs, () => giveUp(late()));
    signal.addEventListener('abort', onAbort, { once: true });
    call(controller.signal).then(resolve, reject).finally(release);
  });
}
