import type { OptionsOf, OptionType, OptionTypes } from '../core/provider-kind.js';
import { providers } from './provider-registry.js';
import type { ProviderEntry } from './provider-schemas.js';

/** What a link of the chain would reach outside the project: the reasons why a discovered file needs trust. */
export interface Reach {
  readonly addresses: readonly string[];
  readonly files: readonly string[];
  readonly commands: readonly (readonly string[])[];
}

/** What an entry that states an option of this type reaches by it. */
const reachByType: Readonly<Partial<Record<OptionType, keyof Reach>>> = {
  address: 'addresses',
  file: 'files',
  files: 'files',
  command: 'commands',
};

/** What the entry reaches by its own words. Where it reaches by default or by the environment is not its doing. */
export function reachOf({ kind, options }: ProviderEntry): Reach {
  const values: OptionsOf<OptionTypes> = options;
  const stated = (reach: keyof Reach) =>
    Object.entries(providers[kind].options).flatMap(([name, type]) => {
      const value = values[name];
      if (reachByType[type] !== reach) return [];
      return typeof value === 'string' ? [[value]] : isTexts(value) ? [value] : [];
    });
  return { addresses: stated('addresses').flat(), files: stated('files').flat(), commands: stated('commands') };
}

/** The entry as it may be shown: without a program's arguments, which could carry a credential. */
export function shownOptions({ kind, options }: ProviderEntry): Readonly<Record<string, unknown>> {
  const types: OptionTypes = providers[kind].options;
  const shown = ([name, value]: [string, unknown]): readonly [string, unknown] => [
    name,
    types[name] === 'command' && Array.isArray(value) ? [value[0], '…'] : value,
  ];
  return Object.fromEntries(Object.entries(options).map(shown));
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}
