import { homedir } from 'node:os';
import type { ApiCall } from '../core/api-call.js';
import type { Clock } from '../core/clock.js';
import type { Finding } from '../core/finding.js';
import type { Identity } from '../core/identity.js';
import type { KeyUse } from '../core/key-use.js';
import { type ManagedRotation, managedRotation } from '../core/managed-rotation.js';
import type { Secrets } from '../resolver/secrets.js';
import type { MetricsRegistry } from '../telemetry/metrics.js';
import type { LoadedEnvironment, LoadIntoEnvOptions } from './load-into-env.js';
import type { Workspace } from './workspace.js';

export interface OpenSecretsOptions {
  /** A configuration file. Else `KEYWARD_CONFIG`, else the `keyward.yaml` found upwards from `cwd`, else defaults. */
  readonly config?: string | undefined;
  /** Name of the environment. Else `KEYWARD_ENV`, a known `NODE_ENV`, the file's `environment`, else `production`. */
  readonly environment?: string | undefined;
  /** Where the search begins; the working directory when absent. */
  readonly cwd?: string | undefined;
  /** The environment variables to work with; those of the process when absent. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Told what an operator should read. Without it, warnings become process warnings (`process.on('warning')`). */
  readonly onFinding?: ((finding: Finding) => void) | undefined;
  readonly clock?: Clock | undefined;
  /** Who signs in at a store, by the name of its link, instead of whom its package finds: for azure, aws and ssm. */
  readonly identities?: Readonly<Record<string, Identity>> | undefined;
  /** A registry of prom-client in which requests to stores are counted: see docs/guide/observability.md. */
  readonly metrics?: MetricsRegistry | undefined;
}

/** A project's chain, and what needs its configuration. */
export interface OpenedSecrets extends Secrets {
  /**
   * Puts the values of the inventory into `process.env`, for code that reads nothing else. What is set stays; several
   * calls do no harm. All values, or when one is missing or refused none.
   *
   * @throws KeywardError `not_found` naming everything required that is missing, `config` for a name that changes how
   * programs run, `invalid` for a binary value; else as `get`.
   */
  loadIntoEnv(options?: LoadIntoEnvOptions): Promise<LoadedEnvironment>;
  /**
   * The rotation that a store does by itself: of the write target, or of the link of this name.
   *
   * @throws KeywardError `unsupported` for a store that does not, `config` when there is no such link.
   */
  managedRotation(link?: string): ManagedRotation;
  /** The access log of the configuration; without one, it takes reports and keeps nothing. */
  readonly audit: {
    /**
     * Reports a call of an outside service. Returns at once; known values in it are masked.
     *
     * @throws KeywardError `invalid` for a service or endpoint that has not the form of one.
     */
    apiCall(call: ApiCall): void;
    /** Reports a key that a client presented, as `createKeySet` does. Returns at once. */
    keyUse(use: KeyUse): void;
  };
}

/**
 * Reads the project's configuration and answers its chain of stores. Nothing is opened or contacted before the first
 * read (or `ready()`).
 *
 * @throws KeywardError `config` when the configuration is wrong or not trusted: with file, line, column and what to do.
 */
export async function openSecrets(options: OpenSecretsOptions = {}): Promise<OpenedSecrets> {
  const workspace = await openLibraryWorkspace(options);
  return Object.assign(workspace.secrets, {
    loadIntoEnv: async (load?: LoadIntoEnvOptions) => {
      const { loadIntoEnv } = await import('./load-into-env.js');
      return loadIntoEnv(workspace, load);
    },
    managedRotation: (link?: string) => managedRotation(workspace.writeTarget(link)),
    audit: {
      apiCall: (call: ApiCall) => workspace.apiCall(call),
      keyUse: (use: KeyUse) => workspace.keyUse(use),
    },
  });
}

/** What a program works with. @throws KeywardError `config` */
export async function openLibraryWorkspace(options: OpenSecretsOptions): Promise<Workspace> {
  const { openWorkspace } = await import('./open-workspace.js');
  const env = options.env ?? process.env;
  return openWorkspace({
    cwd: options.cwd ?? process.cwd(),
    env,
    home: env['HOME'] || homedir(),
    configFile: options.config,
    environment: options.environment,
    role: 'library',
    onFinding: options.onFinding ?? warnProcess,
    clock: options.clock,
    identities: options.identities,
    output: { name: 'standard output', stream: process.stdout },
    metrics: options.metrics,
  });
}

/** Shows a finding as a warning of the process. */
export function warnProcess({ severity, where, cause, fix }: Finding): void {
  if (severity !== 'info')
    process.emitWarning(`${where}: ${cause}. ${fix}`, { type: 'KeywardWarning', code: severity });
}
