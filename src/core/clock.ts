export interface Timer {
  cancel(): void;
}

/** The only source of time. Tests hand in one that moves when told to. */
export interface Clock {
  /** Milliseconds since 1970, as the host's clock says; may jump. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. Use it for ages and deadlines. */
  monotonic(): number;
  /**
   * Calls back once after the delay. Somebody waits for it, so the process stays; a `background` timer alone does not
   * keep it running.
   */
  after(delayMs: number, callback: () => void, options?: { readonly background?: boolean }): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  // `performance` would load a module that nothing else needs.
  monotonic: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
  after(delayMs, callback, options = {}) {
    const timer = setTimeout(callback, delayMs);
    if (options.background === true) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after the delay. @throws the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
