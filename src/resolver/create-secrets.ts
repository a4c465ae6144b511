import { type Clock, systemClock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import type { Inventory } from '../core/inventory.js';
import { type Observer, silentObserver } from '../core/observer.js';
import { parsePath, quoted } from '../core/path.js';
import { AnswerCache } from './answer-cache.js';
import { Chain } from './chain.js';
import { ChainedSecrets } from './chained-secrets.js';
import { type CredentialLayout, checkedLayouts, defaultCredentialLayouts } from './credential-layout.js';
import type { LastGoodCopies } from './last-good-copies.js';
import type { Link } from './link.js';
import type { Secrets } from './secrets.js';
import { Shapes } from './shape.js';

export interface SecretsOptions {
  /** The chain, in the order in which it is asked. */
  readonly links: readonly Link[];
  readonly inventory: Inventory;
  readonly cache?: {
    /** How long a value is given without asking its store again: 300,000 by default, 0 asks every time. */
    readonly ttlMs?: number | undefined;
    /** How old a value may be that stands in for a store out of reach: 3,600,000 by default, 0 for none. */
    readonly maxStaleMs?: number | undefined;
  };
  /** Last good values kept beyond the process. */
  readonly copies?: LastGoodCopies | undefined;
  /** Where exchange credentials may lie, tried in order within each store: `exchange/{name}` by default. */
  readonly credentials?: readonly CredentialLayout[] | undefined;
  /** Name of the environment, for messages. */
  readonly environment: string;
  /** Whether the stricter rule of what may stand in for a store out of reach holds. */
  readonly production: boolean;
  /** Time for one call over all stores and retries: 10,000 by default. */
  readonly deadlineMs?: number | undefined;
  /** What `health` and `ready` read in each store; it need not exist. */
  readonly probePath?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly observer?: Observer | undefined;
  /** Spreads retries: from 0 up to 1. Tests hand in their own. */
  readonly random?: (() => number) | undefined;
  /** Called by `close` before the providers are closed, for what still needs them. */
  readonly onClosing?: (() => Promise<void>) | undefined;
  /** Closes what the providers share; called by `close` when they are closed. */
  readonly onClose?: (() => Promise<void>) | undefined;
}

/** The chain with a way to tell it of a change that was made past it. */
export interface ExpirableSecrets extends Secrets {
  /** Something in the stores may have changed: what is remembered is asked for anew, and by handles within a second. */
  expire(): void;
}

/**
 * The chain of stores as one face. Nothing is contacted before the first call. `close` closes the providers too.
 *
 * @throws KeywardError `config` when two links have one name, or a layout of credentials has no `{name}`.
 */
export function createSecrets(options: SecretsOptions): ExpirableSecrets {
  const { links, inventory, environment } = options;
  const { deadlineMs = 10_000, clock = systemClock, observer = silentObserver, random = Math.random } = options;
  const { credentials = defaultCredentialLayouts, probePath = 'health/check' } = options;
  const { ttlMs = 300_000, maxStaleMs = 3_600_000 } = options.cache ?? {};
  const limits = { ttlMs, maxStaleMs };
  refuseSameNames(links);
  const cache = new AnswerCache(clock, limits, random);
  return new ChainedSecrets({
    links,
    inventory,
    cache,
    limits,
    clock,
    observer,
    random,
    deadlineMs,
    isProduction: options.production,
    chain: new Chain({
      cache,
      copies: options.copies,
      clock,
      observer,
      random,
      deadlineMs,
      isProduction: options.production,
      environment,
    }),
    shapes: new Shapes(inventory),
    layouts: checkedLayouts(credentials),
    probePath: parsePath(probePath),
    onClosing: options.onClosing ?? (async () => {}),
    onClose: options.onClose ?? (async () => {}),
  });
}

function refuseSameNames(links: readonly Link[]): void {
  const names = links.map((link) => link.provider.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new KeywardError('config', `two stores of the chain are called ${quoted(twice)}`, {
    advice: 'Give one of them another name.',
  });
}
