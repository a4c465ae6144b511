import { formatDuration } from '../core/duration.js';
import type { OptionsOf, OptionType, OptionTypes } from '../core/options.js';
import { providers } from './provider-registry.js';
import type { ProviderEntry } from './provider-schemas.js';

/** What an entry of the configuration would reach outside the project: the reasons why a discovered file needs trust. */
export interface Reach {
  readonly addresses: readonly string[];
  readonly files: readonly string[];
  readonly commands: readonly (readonly string[])[];
  /** Paths of other secrets. */
  readonly secrets: readonly string[];
}

/** What an entry that states an option of this type reaches by it. */
const reachByType: Readonly<Partial<Record<OptionType, keyof Reach>>> = {
  address: 'addresses',
  addresses: 'addresses',
  file: 'files',
  files: 'files',
  command: 'commands',
  secret: 'secrets',
};

/** What the link reaches by its own words. Where it reaches by default or by the environment is not its doing. */
export function reachOf({ kind, options }: ProviderEntry): Reach {
  return reachByOptions(providers[kind].options, options);
}

/** The link as it may be shown. */
export function shownOptions({ kind, options }: ProviderEntry): Readonly<Record<string, unknown>> {
  return shownByType(providers[kind].options, options);
}

export function reachByOptions(types: OptionTypes, values: OptionsOf<OptionTypes>): Reach {
  const stated = (reach: keyof Reach) =>
    Object.entries(types).flatMap(([name, type]) => {
      const value = values[name];
      if (typeof type !== 'string' || reachByType[type] !== reach) return [];
      return typeof value === 'string' ? [[value]] : isTexts(value) ? [value] : [];
    });
  return {
    addresses: stated('addresses').flat(),
    files: stated('files').flat(),
    commands: stated('commands'),
    secrets: stated('secrets').flat(),
  };
}

/** The options without a program's arguments, which could carry a credential. */
export function shownByType(types: OptionTypes, values: object): Readonly<Record<string, unknown>> {
  const shown = ([name, value]: [string, unknown]): readonly [string, unknown] => {
    if (types[name] === 'command' && Array.isArray(value)) return [name, [value[0], '…']];
    return [name, types[name] === 'duration' && typeof value === 'number' ? formatDuration(value) : value];
  };
  return Object.fromEntries(Object.entries(values).map(shown));
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}
