import * as v from 'valibot';
import type { OptionsOf, OptionType } from '../core/provider-kind.js';
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

const text = v.pipe(v.string(), v.nonEmpty('a text that is not empty'));
const optionalText = v.optional(text);

/** What is shown when trust is asked for; a credential has no place in it. */
const address = v.pipe(
  text,
  v.check((given) => !given.includes('@'), 'an address without user name and password'),
);

/** How an option of each type is written. */
const optionSchemas: Readonly<Record<OptionType, v.GenericSchema>> = {
  text: optionalText,
  flag: v.optional(v.boolean()),
  prefix: optionalText,
  address: v.optional(address),
  file: optionalText,
  files: v.optional(v.pipe(v.array(text), v.nonEmpty('at least one file'))),
  names: v.optional(v.record(text, text)),
  variables: v.optional(v.array(text)),
  statuses: v.optional(
    v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(255, 'a status from 1 to 255'))),
  ),
  // What would be run has no default.
  command: v.pipe(v.array(text), v.nonEmpty('a program and its arguments')),
};

export const providerKinds: readonly string[] = Object.keys(providers);

/** Options of every kind of provider by its key in `providers:`. */
export const providerSchemas = new Map(
  Object.entries(providers).map(([kind, { options }]) => {
    const own = Object.entries(options).map(([name, type]) => [name, optionSchemas[type]]);
    return [kind, v.strictObject({ ...linkOptions, ...Object.fromEntries(own) })];
  }),
);
