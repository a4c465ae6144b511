import { refuseAborted } from '../../core/provider-gate.js';

/**
 * The promise's outcome, unless the caller gives up first; the work itself goes on, for the others who wait for it.
 *
 * @throws as `refuseAborted`
 */
export function abortable<T>(store: string, signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => {
      try {
        refuseAborted(store, signal);
      } catch (error) {
        reject(error);
      }
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
