import type { Clock } from '../core/clock.js';
import { isKeywardError, toKeywardError } from '../core/errors.js';
import type { Observer } from '../core/observer.js';
import type { SealedBarrier } from '../store/barrier/sealed-barrier.js';
import { type RotationParts, rewrap } from '../store/secrets/term-rotation.js';

export interface BackgroundParts extends RotationParts {
  readonly barrier: SealedBarrier;
  readonly observer: Observer;
  /** Of the store, for messages. */
  readonly folder: string;
}

/** Processes that live for a moment do none of it. */
const firstRoundAfterMs = 60_000;
const betweenRoundsMs = 60 * 60 * 1000;
/** Between pages of rows and between shards: a few thousand rows a second at most. */
const restMs = 50;

/**
 * What a process does that keeps the store open: finishes a rotation that was interrupted, and verifies the shards that
 * are too large to be verified when they are read. It does not keep the process running. When something is not as it was
 * written, the observer is told and the store sealed.
 *
 * @returns how to stop it; resolves when nothing of it runs any more.
 */
export function startBackgroundWork(parts: BackgroundParts): () => Promise<void> {
  const { clock, barrier, observer, folder } = parts;
  const stop = new AbortController();
  const { signal } = stop;
  const rest = () => pause(clock, restMs, signal);

  const round = async () => {
    await rewrap(parts, { rest, signal });
    await barrier.scrub({ rest, signal });
  };
  const run = async () => {
    for (let waitMs = firstRoundAfterMs; ; waitMs = betweenRoundsMs) {
      await pause(clock, waitMs, signal);
      await round().catch((error: unknown) => {
        // Who is sealed or stopped has nothing to do here any more; a disk that fails may work in an hour.
        if (signal.aborted || isKeywardError(error, 'sealed') || isKeywardError(error, 'integrity')) throw error;
      });
    }
  };
  const running = run().catch((error: unknown) => {
    if (!isKeywardError(error, 'integrity')) return;
    observer.finding({
      severity: 'error',
      where: folder,
      cause: toKeywardError(error, 'verifying the store').message,
      fix: 'The store was sealed in this process. Compare it with a backup: keyward store verify.',
    });
    barrier.seal();
  });
  return () => {
    stop.abort();
    return running;
  };
}

/** @throws the signal's reason once it is aborted. */
async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(ms, end, { background: true });
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
  signal.throwIfAborted();
}
