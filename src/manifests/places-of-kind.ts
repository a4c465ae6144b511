import type { DeployedSecret, Deployment } from '../core/deployment.js';
import { KeywardError } from '../core/errors.js';
import type { StorePlace } from '../core/store-place.js';

type Kind = StorePlace['kind'];
type PlaceOf<K extends Kind> = Extract<StorePlace, { readonly kind: K }>;

/** A secret, and where it lies in one store. */
export interface Placed<K extends Kind> {
  readonly secret: DeployedSecret;
  readonly place: PlaceOf<K>;
}

/**
 * Every secret that a store of the kind may be asked for, once for each place.
 *
 * @throws KeywardError `config` when the chain has no such store for any of them.
 */
export function placesOfKind<K extends Kind>({ secrets }: Deployment, kind: K): readonly Placed<K>[] {
  const places = secrets.flatMap((secret) =>
    secret.places.flatMap(({ place }): readonly Placed<K>[] => (isOf(place, kind) ? [{ secret, place }] : [])),
  );
  if (places.length > 0) return places;
  throw new KeywardError('config', `no secret of the inventory lies in a link of the kind ${kind}`, {
    advice: 'Add the link to `providers:` and the secrets to `secrets:` in keyward.yaml.',
  });
}

/** The secrets that are given out by a store of these kinds only, in words; empty when all are. */
export function leftOut({ secrets }: Deployment, given: ReadonlySet<string>, why: string): string {
  const names = secrets.filter(({ path }) => !given.has(path)).map(({ path }) => path);
  return names.length === 0 ? '' : `Left out, ${why}: ${names.join(', ')}`;
}

/** The one thing that all places have: what the option says, else what they say. @throws KeywardError `config` */
export function common(what: string, stated: string | undefined, found: Iterable<string | undefined>): string {
  const [first, ...others] = new Set([...found].filter((value) => value !== undefined));
  const value = stated ?? first;
  if (value !== undefined && (stated !== undefined || others.length === 0)) return value;
  const problem = value === undefined ? 'is not known' : `is not the same for all: ${[first, ...others].join(', ')}`;
  throw new KeywardError('config', `the ${what} ${problem}`, { advice: `Say it here: --set ${what}=…` });
}

function isOf<K extends Kind>(place: StorePlace, kind: K): place is PlaceOf<K> {
  return place.kind === kind;
}
