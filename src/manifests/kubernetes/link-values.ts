import type { Deployment } from '../../core/deployment.js';
import { KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';
import type { StorePlace } from '../../core/store-place.js';
import { type DeliveredValue, deliveredValues } from '../delivered-values.js';

export const linkOption = {
  value: '<store>',
  description: 'of the chain; the first that can be asked when absent',
} as const;

type PlaceOf<Kind extends StorePlace['kind']> = Extract<StorePlace, { readonly kind: Kind }>;

export interface LinkValue<Kind extends StorePlace['kind']> extends DeliveredValue {
  readonly place: PlaceOf<Kind>;
}

/** What one store of the chain has of the values. */
export interface LinkValues<Kind extends StorePlace['kind']> {
  /** Its name in the chain. */
  readonly link: string;
  /** At least one. */
  readonly values: readonly LinkValue<Kind>[];
  readonly first: PlaceOf<Kind>;
  /** Says which values are not in it; `undefined` when all are. */
  readonly missing: string | undefined;
}

/**
 * The values that one store of the chain has.
 *
 * @param kinds That are meant.
 * @param wanted The name of the store; the first of these kinds when absent.
 * @throws KeywardError `config` when the chain has none such.
 */
export function valuesInLink<Kind extends StorePlace['kind']>(
  deployment: Deployment,
  kinds: readonly Kind[],
  wanted: string | undefined,
): LinkValues<Kind> {
  const all = deliveredValues(deployment);
  const isMeant = (place: StorePlace): place is PlaceOf<Kind> => kinds.some((kind) => kind === place.kind);
  const places = new Map(deployment.secrets.map(({ path, places }) => [path, places]));
  const found = all.flatMap((value) =>
    (places.get(value.path) ?? []).flatMap(({ link, place }) =>
      isMeant(place) && (wanted === undefined || wanted === link) ? [{ link, value: { ...value, place } }] : [],
    ),
  );
  // Nothing in a cluster reaches a store of Keyward before a server serves it.
  const first = found.find(({ value }) => value.place.kind !== 'keyward') ?? found[0];
  if (first === undefined) {
    const which = wanted === undefined ? 'has no store' : 'has no store of this name';
    throw new KeywardError('config', `the chain ${which} of a kind that is asked here: ${kinds.join(', ')}`, {
      advice: 'Add one to providers: in keyward.yaml, or choose another environment with --env.',
    });
  }
  const values = found.filter(({ link }) => link === first.link).map(({ value }) => value);
  const absent = all.filter(({ variable }) => !values.some((value) => value.variable === variable));
  const missing =
    absent.length === 0 ? undefined : `Not in ${first.link}: ${absent.map(({ variable }) => variable).join(', ')}`;
  return { link: first.link, values, first: first.value.place, missing };
}

/** Name or address that neither the store nor an option says. */
export function stated(text: string | undefined, name: string): string {
  if (text !== undefined && text !== '') return text;
  throw new KeywardError('config', `${name} is not known`, {
    advice: `Say it in providers: of keyward.yaml, or with --set ${name}=…`,
  });
}

/**
 * A field, as a path of the query languages that operators use (gjson, JMESPath, JSONPath).
 *
 * @throws KeywardError `unsupported` for a name that some of them would take for something else.
 */
export function plainField(field: string | undefined): string | undefined {
  if (field === undefined || /^[A-Za-z0-9_.-]+$/.test(field)) return field;
  throw new KeywardError('unsupported', `the field ${quoted(field)} cannot be named there`, {
    advice: 'Give it a name of letters, digits, dots, dashes and underscores.',
  });
}
