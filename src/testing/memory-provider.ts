import type { SealStatus } from '../core/client.js';
import type { Clock } from '../core/clock.js';
import { isBelow, type Path, parsePath } from '../core/path.js';
import { binaryPayload, documentPayload, type Payload, textPayload } from '../core/payload.js';
import {
  type Capability,
  type Provider,
  type ProviderTraits,
  readOnlyMethods,
  unlistedMethods,
} from '../core/provider.js';
import { ProviderGate } from '../core/provider-gate.js';
import { createKeywardProvider } from '../providers/keyward/keyward.js';
import { MemorySecrets } from './memory-secrets.js';

/** A text, bytes, or the fields of a document. */
export type MemoryValue = string | Uint8Array | Readonly<Record<string, string>>;

export interface MemoryProviderOptions {
  /** `memory` by default. */
  readonly name?: string;
  /** What it pretends to be, for rules that depend on it; `memory` by default. */
  readonly kind?: string;
  /** A managed store with both layouts unless said otherwise. */
  readonly traits?: Partial<ProviderTraits>;
  /** All of them by default. What is left out answers `unsupported`. */
  readonly capabilities?: Iterable<Capability>;
  /** What it holds at first, by path. */
  readonly secrets?: Readonly<Record<string, MemoryValue>>;
  readonly clock?: Clock;
}

export interface MemoryProvider extends Provider {
  /** Writes a new version, at once and whatever the capabilities are. @throws KeywardError `invalid` for a bad path. */
  set(path: string, value: MemoryValue): void;
}

const status: SealStatus = { storeId: 'memory', sealed: false, slots: [], commits: 0, epoch: 0 };
const allCapabilities: readonly Capability[] = [
  'list',
  'describe',
  'write',
  'remove',
  'restore',
  'stage',
  'readMany',
  'watch',
];

/** A store that lives in memory and has every ability: a stand-in for a real one in the tests of an application. */
export function createMemoryProvider(options: MemoryProviderOptions = {}): MemoryProvider {
  const { name = 'memory', kind = 'memory' } = options;
  const capabilities = new Set(options.capabilities ?? allCapabilities);
  const watchers = new Map<() => void, Path | ''>();
  const gate = new ProviderGate(name);
  const secrets = new MemorySecrets({
    ...(options.clock && { clock: options.clock }),
    onChange: (path) => {
      for (const [onChange, below] of watchers) if (path === below || isBelow(path, below)) onChange();
    },
  });
  const set = (path: string, value: MemoryValue) => void secrets.put(parsePath(path), { payload: payloadFrom(value) });
  for (const [path, value] of Object.entries(options.secrets ?? {})) set(path, value);

  const store = createKeywardProvider({
    name,
    connect: async () => ({
      secrets,
      seal: { status: async () => status },
      watch: () => () => {},
      close: async () => {},
    }),
  });
  const refusals = { ...readOnlyMethods(name, kind), ...unlistedMethods(name, kind) };

  return {
    ...store,
    kind,
    capabilities,
    traits: { managed: true, layout: 'both', ...options.traits },
    set,
    write: capabilities.has('write') ? store.write : refusals.write,
    remove: capabilities.has('remove') ? store.remove : refusals.remove,
    restore: capabilities.has('restore') ? store.restore : refusals.restore,
    stage: capabilities.has('stage') ? store.stage : refusals.stage,
    describe: capabilities.has('describe') ? store.describe : refusals.describe,
    list: capabilities.has('list') ? store.list : refusals.list,
    watch: capabilities.has('watch')
      ? (directory, onChange) => {
          gate.enter();
          watchers.set(onChange, directory);
          return () => void watchers.delete(onChange);
        }
      : refusals.watch,
    async close() {
      gate.close();
      watchers.clear();
      await store.close();
    },
  };
}

function payloadFrom(value: MemoryValue): Payload {
  if (typeof value === 'string') return textPayload(value);
  return value instanceof Uint8Array ? binaryPayload(value) : documentPayload(Object.entries(value));
}
