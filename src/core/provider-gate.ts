import { KeywardError } from './errors.js';
import type { Finding } from './finding.js';
import type { CallOptions, ProviderHealth } from './provider.js';

/** What every call of a provider passes first: refuses after `close`, and when the caller has given up already. */
export class ProviderGate {
  readonly #name: string;
  #isClosed = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** @throws KeywardError `unavailable` after `close`; as `refuseAborted` when the signal is aborted. */
  enter(options?: CallOptions): void {
    if (this.#isClosed) {
      throw new KeywardError('unavailable', `${this.#name} is closed`, {
        store: this.#name,
        advice: 'Open the secrets again.',
      });
    }
    refuseAborted(this.#name, options?.signal);
  }

  /** Whether it was still open. */
  close(): boolean {
    const wasOpen = !this.#isClosed;
    this.#isClosed = true;
    return wasOpen;
  }
}

/** @throws the signal's reason when it is a KeywardError, else KeywardError `timeout` with the reason as its cause. */
export function refuseAborted(store: string, signal: AbortSignal | undefined): void {
  if (signal === undefined || !signal.aborted) return;
  if (signal.reason instanceof KeywardError) throw signal.reason;
  throw new KeywardError('timeout', `the caller gave up before ${store} answered`, { store, cause: signal.reason });
}

/** The health of a store that fails with this error. */
export function unhealthyBecause(error: KeywardError, name: string): ProviderHealth {
  const finding: Finding = { severity: 'error', where: error.store ?? name, cause: error.message, fix: error.advice };
  return { status: 'unhealthy', findings: [finding] };
}
