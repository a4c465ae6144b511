import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { addressVariable } from '../clients/vault/vault-variables.js';
import { checkedApiCall } from '../core/api-call.js';
import type { Client } from '../core/client.js';
import { type Clock, systemClock } from '../core/clock.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import type { Identity } from '../core/identity.js';
import type { Observer } from '../core/observer.js';
import { type Directory, joinPath, type Path } from '../core/path.js';
import type { Provider } from '../core/provider.js';
import { prefixDirectory } from '../core/provider-kind.js';
import { userFolders } from '../host/folders.js';
import { createSecrets } from '../resolver/create-secrets.js';
import { reportingWrites } from '../resolver/reporting-writes.js';
import type { MetricsRegistry } from '../telemetry/metrics.js';
import type { Config } from './config.js';
import type { KeptConfigs } from './config-text.js';
import { createLinks } from './create-links.js';
import { defaultChain, defaultSecretFiles } from './default-chain.js';
import { loadConfig } from './load-config.js';
import type { StoreRole } from './open-store.js';
import type { ProviderEntry } from './provider-schemas.js';
import { refuseDerivedWrites } from './refuse-derived-writes.js';
import { folderExists, storeExists } from './store-exists.js';
import { storeLocations } from './store-locations.js';
import { createTrustList } from './trust.js';
import type { Workspace } from './workspace.js';

export interface WorkspaceOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** A configuration file named by the user. */
  readonly configFile?: string | undefined;
  readonly environment?: string | undefined;
  readonly role: StoreRole;
  /** The process that reads, for the records; this one unless it reads for another. */
  readonly processId?: number | undefined;
  /** Asks the stores with every read, instead of using again what was read before. */
  readonly readThrough?: boolean | undefined;
  /** Spares parsing a configuration that has not changed. */
  readonly keptConfigs?: KeptConfigs | undefined;
  readonly onFinding: (finding: Finding) => void;
  /** Asks for a passphrase or recovery key; absent where nobody can be asked. */
  readonly askSlotSecret?: ((question: string) => Promise<Uint8Array | undefined>) | undefined;
  readonly clock?: Clock | undefined;
  /** What `audit.stdout` writes to; standard error when absent, since the output of a command is its answer. */
  readonly output?: { readonly name: string; readonly stream: Writable } | undefined;
  /** Who signs in, by the name of the link. */
  readonly identities?: Readonly<Record<string, Identity>> | undefined;
  /** Requests to stores are counted in it. */
  readonly metrics?: MetricsRegistry | undefined;
}

/**
 * Reads the configuration and wires its chain. No store is opened or contacted before the first use.
 *
 * @throws KeywardError `config` when the configuration is wrong or not trusted.
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { cwd, env, home, role, onFinding, clock = systemClock, processId = process.pid } = options;
  const trust = createTrustList(userFolders(env, home).config);
  const { configFile: file, environment } = options;
  const config = await loadConfig({ cwd, env, home, trust, file, environment, kept: options.keptConfigs });
  const path = config.store.path === undefined ? undefined : resolve(config.folder, config.store.path);
  const locations = storeLocations({ env, home, path });
  const accesses: Observer['access'][] = [];
  const observer: Observer = {
    finding: onFinding,
    access: (record) => {
      for (const take of accesses) take(record);
    },
  };
  const store = once(async () => {
    const { openStoreAt } = await import('./open-store.js');
    return openStoreAt({
      locations,
      role,
      processId,
      production: config.production,
      slot: config.store.slot,
      ask: options.askSlotSecret,
      clock,
      observer,
    });
  });
  const entries = config.providers ?? (await chainWithoutConfig(config, locations.folder, env));
  const connect = (): Promise<Client> => store.get().then(({ client }) => client);
  const context = { config, env, connect, identities: options.identities };
  const links = createLinks(entries, context);
  const pathInStore = (path: Path) => joinPath(storePrefix(entries, config) ?? '', path);
  const metrics = options.metrics && (await (await import('../telemetry/metrics.js')).createMetrics(options.metrics));
  if (metrics !== undefined) accesses.push(metrics.access);
  if (config.audit?.store === true) await assertStore('`audit.store`', locations.folder);
  if (config.offline) await assertStore('`cache.offline`', locations.folder);
  const log = await openAccessLog();
  const copies = await openCopies();
  if (log !== undefined) accesses.push((record) => log.access(record));
  const secrets = createSecrets({
    links,
    inventory: config.inventory,
    cache: options.readThrough === true ? { ...config.cache, ttlMs: 0 } : config.cache,
    copies,
    credentials: config.credentials,
    environment: config.environment,
    production: config.production,
    probePath: config.probePath,
    clock,
    observer,
    onClosing: async () => {
      await copies?.settled();
      await log?.close();
    },
    onClose: () => store.ifStarted(({ close }) => close()),
  });
  const providers = links.map(({ provider }) => reportingWrites(provider, () => secrets.expire()));
  return {
    config,
    secrets,
    providers,
    provider: (name) => namedProvider(providers, name),
    writeTarget: (name) =>
      refuseDerivedWrites(
        name === undefined ? writeTargetOf(config, providers) : namedProvider(providers, name),
        config.inventory,
      ),
    pathInStore,
    references: async (environment) => {
      const { findReferences } = await import('./find-references.js');
      return findReferences(environment, entries, context);
    },
    store: () => store.get(),
    verifyAudit: async (verifyOptions) => {
      try {
        const { client } = await store.get();
        return await client.audit.verify(verifyOptions);
      } catch (error) {
        if (!isKeywardError(error, 'integrity')) throw error;
        const { verifyAuditFiles } = await import('./verify-audit-files.js');
        const verification = await verifyAuditFiles(locations, verifyOptions);
        if (verification.status === 'broken') return verification;
        throw error;
      }
    },
    apiCall: (call) => (log === undefined ? void checkedApiCall(call) : log.apiCall(call)),
    keyUse: (use) => log?.keyUse(use),
    close: () => secrets.close(),
  };

  async function openCopies() {
    if (!config.offline) return undefined;
    const { OfflineCopies, identityText } = await import('./offline-copies.js');
    const { project, environment } = config;
    const identities = links.flatMap(({ provider: { name, kind, traits } }) => {
      if (traits.origin === undefined) return [];
      return [[name, identityText({ project, environment, provider: name, kind, origin: traits.origin })] as const];
    });
    if (identities.length === 0) return undefined;
    const { maxStaleMs } = config.cache;
    const records = async () => (await connect()).records;
    return new OfflineCopies({ connect: records, identities: new Map(identities), maxStaleMs, clock, onFinding });
  }

  async function openAccessLog() {
    const { audit } = config;
    if (audit === undefined) return undefined;
    const { startRecording } = await import('./start-recording.js');
    return startRecording({
      config,
      audit,
      env,
      processId,
      stateFolder: userFolders(env, home).state,
      connect,
      ownLinks: new Set(
        links.filter(({ provider }) => provider.kind === 'keyward').map(({ provider }) => provider.name),
      ),
      pathInStore,
      known: () => secrets.known(),
      output: options.output ?? { name: 'standard error', stream: process.stderr },
      clock,
      onFinding,
    });
  }
}

/** @throws KeywardError `config` when there is no store for what the key asks for. */
async function assertStore(key: string, folder: string): Promise<void> {
  if (await storeExists(folder)) return;
  throw new KeywardError('config', `${key} needs a store of Keyward, and there is none at ${folder}`, {
    advice: 'Make one with: keyward init',
  });
}

async function chainWithoutConfig(
  config: Config,
  storeFolder: string,
  env: WorkspaceOptions['env'],
): Promise<readonly ProviderEntry[]> {
  const hasVault = addressVariable(env) !== undefined;
  // Credentials that lie around are no reason to ask.
  const hasAws = env['USE_AWS_SECRETS'] === 'true';
  const hasStore = await storeExists(storeFolder);
  const hasSecretFiles = await folderExists(defaultSecretFiles);
  const { production, project } = config;
  return defaultChain({ hasVault, hasAws, hasStore, hasSecretFiles, production, project });
}

/** The prefix of the first link to Keyward's own store. */
function storePrefix(entries: readonly ProviderEntry[], config: Config): Directory | undefined {
  const entry = entries.find(({ kind }) => kind === 'keyward');
  return entry?.kind === 'keyward' ? prefixDirectory(entry.options.prefix, config.environment) : undefined;
}

function namedProvider(providers: readonly Provider[], name: string): Provider {
  const provider = providers.find((candidate) => candidate.name === name);
  if (provider !== undefined) return provider;
  throw new KeywardError('config', 'the chain has no store of the name that was given', {
    advice: `It has: ${providers.map((candidate) => candidate.name).join(', ')}.`,
  });
}

function writeTargetOf(config: Config, providers: readonly Provider[]): Provider {
  if (config.write !== undefined) return namedProvider(providers, config.write);
  const writable = providers.filter((provider) => provider.capabilities.has('write'));
  const [first] = writable;
  if (first !== undefined && writable.length === 1) return first;
  throw new KeywardError(
    'config',
    first === undefined
      ? 'no store of the chain can be written to'
      : 'several stores can be written to, and `write:` does not say which',
    {
      advice:
        first === undefined
          ? 'Make one with: keyward init'
          : `Set \`write:\` in keyward.yaml to one of ${writable.map(({ name }) => name).join(', ')}.`,
    },
  );
}

/** One shared attempt; after a failure the next call tries again. */
function once<T>(open: () => Promise<T>): {
  get(): Promise<T>;
  ifStarted(use: (value: T) => Promise<void>): Promise<void>;
} {
  let opening: Promise<T> | undefined;
  return {
    get: () => {
      opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    ifStarted: async (use) => {
      const value = await opening?.catch(() => undefined);
      if (value !== undefined) await use(value);
    },
  };
}
