import { KeywardError } from '../core/errors.js';
import type { Inventory } from '../core/inventory.js';
import type { CredentialLayout } from '../resolver/credential-layout.js';
import type { AuditConfig } from './audit-schema.js';
import type { DeploySettings } from './deploy-schema.js';
import type { NotificationConfig } from './notification-schema.js';
import type { ProviderEntry } from './provider-schemas.js';
import type { SlotKind } from './registry.js';

/** What a project configured, complete and checked: defaults filled in, durations in milliseconds. */
export interface Config {
  /** The file it came from; `undefined` when there was none. */
  readonly file: string | undefined;
  /** The same, and the one that it extends. */
  readonly files: readonly string[];
  /** Relative files are meant from here. */
  readonly folder: string;
  readonly project: string | undefined;
  readonly environment: string;
  /** Every environment counts as production unless it is known to be for development. */
  readonly production: boolean;
  readonly store: { readonly path: string | undefined; readonly slot: SlotKind | undefined };
  /** In the order of the chain; `undefined` when the file does not say, so that the default applies. */
  readonly providers: readonly ProviderEntry[] | undefined;
  /** Name of the one link that writes go to. */
  readonly write: string | undefined;
  readonly cache: { readonly ttlMs: number; readonly maxStaleMs: number };
  /** Whether last good values of remote stores are kept for starts while those are down. */
  readonly offline: boolean;
  readonly credentials: readonly CredentialLayout[];
  readonly probePath: string;
  /** Where the access log goes; `undefined` when there is none. */
  readonly audit: AuditConfig | undefined;
  /** The program that gets the secrets, as far as the file says it. */
  readonly deploy: DeploySettings | undefined;
  /** By what people are told, and of what; `undefined` when nobody is. */
  readonly notifications: NotificationConfig | undefined;
  readonly inventory: Inventory;
}

/** The times of the `cache:` section, in milliseconds, with the defaults filled in. */
export function cacheOf(cache: { readonly ttl?: number | undefined; readonly maxStale?: number | undefined } = {}) {
  return { ttlMs: cache.ttl ?? 300_000, maxStaleMs: cache.maxStale ?? 3_600_000 };
}

const developmentEnvironments = new Set(['development', 'dev', 'local', 'test']);
const knownNodeEnvironments = new Set(['development', 'test', 'production', 'staging']);

/** How the name of an environment is written, wherever it stands. */
export const environmentPattern = /^[a-z][a-z0-9-]{0,31}$/;

export interface EnvironmentChoice {
  readonly name: string;
  readonly from: 'option' | 'KEYWARD_ENV' | 'NODE_ENV' | 'file' | 'default';
}

/**
 * The environment: the option, `KEYWARD_ENV`, a known `NODE_ENV`, the file, else `production`.
 *
 * @throws KeywardError `invalid` for a name of another form: a slip must not become an environment of its own.
 */
export function chooseEnvironment(
  option: string | undefined,
  processEnv: Readonly<Record<string, string | undefined>>,
  fromFile: string | undefined,
): EnvironmentChoice {
  const choice = firstChoice(option, processEnv, fromFile);
  if (environmentPattern.test(choice.name)) return choice;
  const where = choice.from === 'option' ? 'the environment' : choice.from;
  throw new KeywardError('invalid', `${where} is not the name of an environment`, {
    advice: 'Write it in lower case, like development, staging or production.',
  });
}

function firstChoice(
  option: string | undefined,
  processEnv: Readonly<Record<string, string | undefined>>,
  fromFile: string | undefined,
): EnvironmentChoice {
  if (option !== undefined) return { name: option, from: 'option' };
  const own = processEnv['KEYWARD_ENV'] || undefined;
  if (own !== undefined) return { name: own, from: 'KEYWARD_ENV' };
  const node = processEnv['NODE_ENV'];
  if (node !== undefined && knownNodeEnvironments.has(node)) return { name: node, from: 'NODE_ENV' };
  return fromFile === undefined ? { name: 'production', from: 'default' } : { name: fromFile, from: 'file' };
}

export function isProduction(environment: string): boolean {
  return !developmentEnvironments.has(environment);
}
