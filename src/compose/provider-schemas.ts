import * as v from 'valibot';
import type { OptionsOf } from '../core/options.js';
import { schemasOf } from './option-schemas.js';
import { providers } from './provider-registry.js';

const linkOptions = {
  name: v.optional(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'a short lower-case name'))),
  serves: v.optional(v.array(v.string())),
  onUnavailable: v.optional(v.picklist(['next', 'stop'])),
};
const linkSchema = v.strictObject(linkOptions);

/** One entry of `providers:`, as the tagged union of its kinds. */
export type ProviderEntry = {
  readonly [Kind in keyof typeof providers]: {
    readonly kind: Kind;
    readonly options: v.InferOutput<typeof linkSchema> & OptionsOf<(typeof providers)[Kind]['options']>;
  };
}[keyof typeof providers];

export const providerKinds: readonly string[] = Object.keys(providers);

/** Options of every kind of provider by its key in `providers:`. */
export const providerSchemas = new Map(
  Object.entries(providers).map(([kind, { options }]) => [
    kind,
    v.strictObject({ ...linkOptions, ...schemasOf(options) }),
  ]),
);
