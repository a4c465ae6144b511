import type { Path } from '../core/path.js';
import type { PathPattern } from '../core/path-pattern.js';
import type { Provider } from '../core/provider.js';
import type { Ref } from '../core/ref.js';

/** One store in the chain with its own rules, as far as questions need it. */
export interface AskedLink {
  readonly provider: Pick<Provider, 'name' | 'kind' | 'traits' | 'capabilities' | 'read' | 'readMany'>;
  /** The only paths it is asked for; absent means every path. */
  readonly serves?: readonly PathPattern[] | undefined;
  /** Whether the chain goes on when it is out of reach; absent leaves it to `mayStandIn`. */
  readonly onUnavailable?: 'next' | 'stop' | undefined;
}

/** One provider in the chain with its own rules. */
export interface Link extends AskedLink {
  readonly provider: Provider;
}

/** A spot in a store where the answer may lie, and the path under which the asker knows it. */
export interface Place {
  readonly ref: Ref;
  readonly name: Path;
}

/** Whether the link's `serves` lets it be asked for this place, by the place's own path or by its name. */
export function servesPlace(link: AskedLink, place: Place): boolean {
  return link.serves?.some((pattern) => pattern.matches(place.ref.path) || pattern.matches(place.name)) ?? true;
}

/**
 * Whether `next` may answer while `failed` is out of reach. What the failed link says decides; by default every store
 * may in development, and only one that keeps secrets under its own access control in production.
 */
export function mayStandIn(next: AskedLink, failed: AskedLink, isProduction: boolean): boolean {
  if (failed.onUnavailable !== undefined) return failed.onUnavailable === 'next';
  return !isProduction || next.provider.traits.managed;
}
