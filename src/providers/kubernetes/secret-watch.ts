import type { ObjectMeta } from '../../clients/kubernetes/api-object.js';
import { type Clock, sleep } from '../../core/clock.js';
import type { SecretsApi } from './secrets-api.js';

export interface WatchOptions {
  readonly api: Pick<SecretsApi, 'version' | 'watch'>;
  /** Only this Secret; all when absent. */
  readonly name: string | undefined;
  readonly clock: Clock;
  /** Told of the Secret that changed, or that some may have. */
  readonly onChange: (meta: ObjectMeta | undefined) => void;
}

const firstPauseMs = 1_000;
const longestPauseMs = 300_000;

/**
 * Hints at changes until it is stopped. After a failure, and where the server has forgotten what it was asked about, it
 * begins anew with the present state. Never throws; a server that refuses is asked again, ever more rarely.
 */
export function watchSecrets(options: WatchOptions): () => void {
  const stopped = new AbortController();
  void follow(options, stopped.signal);
  return () => stopped.abort();
}

async function follow({ api, name, clock, onChange }: WatchOptions, signal: AbortSignal): Promise<void> {
  let version: string | undefined;
  let failures = 0;
  const note = (type: string, meta: ObjectMeta | undefined) => {
    // An error here is that the state is forgotten: 410.
    version = type === 'ERROR' ? undefined : (meta?.resourceVersion ?? version);
    if (type !== 'BOOKMARK' && type !== 'ERROR' && !signal.aborted) onChange(meta);
    failures = 0;
  };
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        version = await api.version(name, signal);
        if (!signal.aborted) onChange(undefined);
      }
      await api.watch(version, name, note, signal);
    } catch {
      version = undefined;
      failures += 1;
    }
    const pauseMs = Math.min(firstPauseMs * 2 ** failures, longestPauseMs) * (0.5 + Math.random() / 2);
    await sleep(clock, pauseMs, signal).catch(() => undefined);
  }
}
