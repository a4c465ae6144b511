import type { Client } from './client.js';
import type { Identity } from './identity.js';
import type { Inventory } from './inventory.js';
import type { OptionsOf, OptionTypes } from './options.js';
import { type Directory, parseDirectory } from './path.js';
import type { Provider } from './provider.js';
import type { ReferenceVariable } from './reference.js';

/** Where container platforms mount secrets. Files there are the process's own: they need no trust. */
export const defaultSecretFiles = '/run/secrets';

/** What a provider can know of the project that it serves. */
export interface ProviderContext {
  /** The link's name in the chain. */
  readonly name: string;
  readonly inventory: Inventory;
  readonly isProduction: boolean;
  readonly environment: string;
  /** The project's folder, absolute; files of the options are relative to it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who signs in, where the program that opened the chain says it. */
  readonly identity?: Identity | undefined;
  /** Opens Keyward's own store, once for all who call it. */
  readonly connectStore: () => Promise<Client>;
}

/** A kind of provider as configuration knows it: the options of its entries, and what makes a provider of them. */
export interface ProviderKind<Types extends OptionTypes = OptionTypes> {
  readonly options: Types;
  /** The kind of identity that a program can hand to it; it takes none when absent. */
  readonly identity?: 'token' | 'keys' | undefined;
  /** Does no I/O. @throws KeywardError `config` or `invalid` for options that cannot be meant. */
  create(options: OptionsOf<Types>, context: ProviderContext): Provider;
  /**
   * The variables set to references in the files that the entry reads, by name; only kinds with such files have it.
   *
   * @throws KeywardError as a read of the files.
   */
  references?(options: OptionsOf<Types>, context: ProviderContext): Promise<ReadonlyMap<string, ReferenceVariable>>;
}

/** The kind itself; lets `create` see its options as `options` declares them. */
export function defineProviderKind<const Types extends OptionTypes>(kind: ProviderKind<Types>): ProviderKind<Types> {
  return kind;
}

/** The directory that a `prefix` names in an environment. @throws KeywardError `invalid` when it is no path. */
export function prefixDirectory(prefix: string | undefined, environment: string): Directory | undefined {
  return prefix === undefined ? undefined : parseDirectory(prefix.replaceAll('{env}', environment));
}
