import * as v from 'valibot';
import type { OptionsOf, OptionType, OptionTypes } from '../core/provider-kind.js';
import { plannedProviders } from './planned-providers.js';
import { providers } from './provider-registry.js';

/** What a link of the chain would reach outside the project: the reasons why a discovered file needs trust. */
export interface Reach {
  readonly addresses: readonly string[];
  readonly files: readonly string[];
  readonly commands: readonly (readonly string[])[];
}

const kinds = { ...providers, ...plannedProviders };
type Kinds = typeof kinds;

const linkOptions = {
  name: v.optional(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'a short lower-case name'))),
  serves: v.optional(v.array(v.string())),
  onUnavailable: v.optional(v.picklist(['next', 'stop'])),
};
const linkSchema = v.strictObject(linkOptions);

/** One entry of `providers:`, as the tagged union of its kinds. */
export type ProviderEntry = {
  readonly [Kind in keyof Kinds]: {
    readonly kind: Kind;
    readonly options: v.InferOutput<typeof linkSchema> & OptionsOf<Kinds[Kind]['options']>;
  };
}[keyof Kinds];

const text = v.pipe(v.string(), v.nonEmpty('a text that is not empty'));
const optionalText = v.optional(text);

/** What is shown when trust is asked for; a credential has no place in it. */
const address = v.pipe(
  text,
  v.check((given) => !given.includes('@'), 'an address without user name and password'),
);

/** How an option of each type is written, and what an entry that states one reaches by it. */
const optionTypes: Readonly<Record<OptionType, { schema: v.GenericSchema; reaches: keyof Reach | undefined }>> = {
  text: { schema: optionalText, reaches: undefined },
  flag: { schema: v.optional(v.boolean()), reaches: undefined },
  prefix: { schema: optionalText, reaches: undefined },
  address: { schema: v.optional(address), reaches: 'addresses' },
  file: { schema: optionalText, reaches: 'files' },
  files: { schema: v.optional(v.pipe(v.array(text), v.nonEmpty('at least one file'))), reaches: 'files' },
  // What would be run has no default.
  command: { schema: v.pipe(v.array(text), v.nonEmpty('a program and its arguments')), reaches: 'commands' },
};

export const providerKinds: readonly string[] = Object.keys(kinds);

/** Options of every kind of provider by its key in `providers:`, of kinds without a driver too. */
export const providerSchemas = new Map(
  Object.entries(kinds).map(([kind, { options }]) => {
    const own = Object.entries(options).map(([name, type]) => [name, optionTypes[type].schema]);
    return [kind, v.strictObject({ ...linkOptions, ...Object.fromEntries(own) })];
  }),
);

/** What the entry reaches by its own words. Where it reaches by default or by the environment is not its doing. */
export function reachOf({ kind, options }: ProviderEntry): Reach {
  const values: OptionsOf<OptionTypes> = options;
  const stated = (reach: keyof Reach) =>
    Object.entries(kinds[kind].options).flatMap(([name, type]) => {
      const value = values[name];
      if (optionTypes[type].reaches !== reach || value === undefined || typeof value === 'boolean') return [];
      return [typeof value === 'string' ? [value] : value];
    });
  return { addresses: stated('addresses').flat(), files: stated('files').flat(), commands: stated('commands') };
}

/** The entry as it may be shown: without a program's arguments, which could carry a credential. */
export function shownOptions({ kind, options }: ProviderEntry): Readonly<Record<string, unknown>> {
  const types: OptionTypes = kinds[kind].options;
  const shown = ([name, value]: [string, unknown]): readonly [string, unknown] => [
    name,
    types[name] === 'command' && Array.isArray(value) ? [value[0], '…'] : value,
  ];
  return Object.fromEntries(Object.entries(options).map(shown));
}
