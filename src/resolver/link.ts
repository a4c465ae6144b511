import type { Path } from '../core/path.js';
import type { PathPattern } from '../core/path-pattern.js';
import type { Provider } from '../core/provider.js';
import type { Ref } from '../core/ref.js';

/** One provider in the chain with its own rules. */
export interface Link {
  readonly provider: Provider;
  /** The only paths it is asked for; absent means every path. */
  readonly serves?: readonly PathPattern[] | undefined;
  /** Whether the chain goes on when it is out of reach; absent leaves it to `mayStandIn`. */
  readonly onUnavailable?: 'next' | 'stop' | undefined;
}

/** A spot in a store where the answer may lie, and the path under which the asker knows it. */
export interface Place {
  readonly ref: Ref;
  readonly name: Path;
}

/** Whether the link's `serves` lets it be asked for this place, by the place's own path or by its name. */
export function servesPlace(link: Link, place: Place): boolean {
  return link.serves?.some((pattern) => pattern.matches(place.ref.path) || pattern.matches(place.name)) ?? true;
}

/**
 * Whether `next` may answer while `failed` is out of reach. What the failed link says decides; by default every store
 * may in development, and only one that keeps secrets under its own access control in production.
 */
export function mayStandIn(next: Link, failed: Link, isProduction: boolean): boolean {
  if (failed.onUnavailable !== undefined) return failed.onUnavailable === 'next';
  return !isProduction || next.provider.traits.managed;
}
