import type { Inventory } from '../core/inventory.js';
import type { CredentialLayout } from '../resolver/credential-layout.js';
import type { AuditConfig } from './audit-schema.js';
import type { ProviderEntry } from './provider-schemas.js';
import type { SlotKind } from './registry.js';

/** What a project configured, complete and checked: defaults filled in, durations in milliseconds. */
export interface Config {
  /** The file it came from; `undefined` when there was none. */
  readonly file: string | undefined;
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
  readonly credentials: readonly CredentialLayout[];
  readonly probePath: string;
  /** Where the access log goes; `undefined` when there is none. */
  readonly audit: AuditConfig | undefined;
  readonly inventory: Inventory;
}

const developmentEnvironments = new Set(['development', 'dev', 'local', 'test']);
const knownNodeEnvironments = new Set(['development', 'test', 'production', 'staging']);

/** The environment's name: the option, `KEYWARD_ENV`, a known `NODE_ENV`, the file, else `production`. */
export function environmentName(
  option: string | undefined,
  processEnv: Readonly<Record<string, string | undefined>>,
  fromFile: string | undefined,
): string {
  const nodeEnv = processEnv['NODE_ENV'];
  const known = nodeEnv !== undefined && knownNodeEnvironments.has(nodeEnv) ? nodeEnv : undefined;
  return option ?? (processEnv['KEYWARD_ENV'] || undefined) ?? known ?? fromFile ?? 'production';
}

export function isProduction(environment: string): boolean {
  return !developmentEnvironments.has(environment);
}
