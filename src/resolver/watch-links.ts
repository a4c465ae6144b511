import { KeywardError } from '../core/errors.js';
import type { Link } from './link.js';

/**
 * Watches every store of the chain that can be watched. A store that cannot just now is left to its time to live.
 * Answers how to stop.
 */
export function watchLinks(links: readonly Link[], onHint: () => void): () => void {
  const stops = links.flatMap(({ provider }) => {
    if (!provider.capabilities.has('watch')) return [];
    try {
      return [provider.watch('', onHint)];
    } catch (error) {
      if (error instanceof KeywardError) return [];
      throw error;
    }
  });
  return () => {
    for (const stop of stops) stop();
  };
}
