import { KeywardError, toKeywardError } from './errors.js';
import type { Finding } from './finding.js';
import { type ManagedRotation, managedRotation } from './managed-rotation.js';
import type { Directory, Path } from './path.js';
import {
  type CallOptions,
  type Capability,
  type Diagnosis,
  type Needs,
  type Provider,
  type ProviderTraits,
  type RemoveMode,
  readEach,
  readOnlyMethods,
  unlistedMethods,
  type WriteInput,
  type WriteOptions,
} from './provider.js';
import { ProviderGate, refuseAborted, unhealthyBecause } from './provider-gate.js';
import type { Ref } from './ref.js';
import type { SecretDescription, SecretVersion, VersionInfo, VersionKey } from './version.js';

/**
 * The work of a provider whose store lies beyond this process, without what all such providers have in common. The
 * methods mean what those of `Provider` do; one that is absent is no capability.
 */
export interface RemoteStore {
  read(ref: Ref, call: CallOptions): Promise<SecretVersion | undefined>;
  list?(directory: Directory, call: CallOptions): AsyncIterable<Path>;
  describe?(path: Path, call: CallOptions): Promise<SecretDescription | undefined>;
  /** What is remarkable about it. @throws what makes it unhealthy. */
  inspect(call: CallOptions): Promise<readonly Finding[]>;
  diagnose?(needs: Needs, call: CallOptions): Promise<Diagnosis>;
  write?(path: Path, input: WriteInput, write: WriteOptions): Promise<VersionInfo | undefined>;
  remove?(ref: Ref, remove: CallOptions & { readonly mode: RemoveMode }): Promise<void>;
  restore?(ref: Ref, call: CallOptions): Promise<void>;
  stage?(path: Path, stage: string, version: VersionKey | undefined, write: WriteOptions): Promise<void>;
  /** Absent where the store has no batch read: then each ref is read by itself. */
  readMany?(refs: readonly Ref[], call: CallOptions): Promise<readonly (SecretVersion | undefined | KeywardError)[]>;
  /** Never throws. */
  watch?(directory: Directory, onChange: () => void): () => void;
  readonly rotation?: ManagedRotation;
  close(): void;
}

export interface RemoteProviderOptions {
  readonly name: string;
  readonly kind: string;
  readonly traits: ProviderTraits;
  readonly capabilities: Iterable<Capability>;
  /**
   * Makes the store at the first use, and again after it failed; here the code of the store and of its package is
   * loaded, so that who does not use it does not pay for it.
   */
  readonly connect: () => Promise<RemoteStore>;
}

interface Watch {
  readonly directory: Directory;
  readonly onChange: () => void;
  /** Absent until something connected. */
  stop?: (() => void) | undefined;
}

type Refusals = ReturnType<typeof readOnlyMethods> & ReturnType<typeof unlistedMethods>;

/**
 * The provider over such a store: refuses what is no capability before anything is loaded, after `close`, and for a
 * caller who gave up, and lets no failure through that is not a `KeywardError`.
 */
export function createRemoteProvider(options: RemoteProviderOptions): Provider {
  const { name, kind, traits } = options;
  const capabilities = new Set(options.capabilities);
  const gate = new ProviderGate(name);
  const refusals: Refusals = { ...readOnlyMethods(name, kind), ...unlistedMethods(name, kind) };
  let connecting: Promise<RemoteStore> | undefined;
  let connected: RemoteStore | undefined;
  const watches = new Set<Watch>();

  const begin = (watch: Watch, store: RemoteStore): void => {
    watch.stop ??= store.watch?.(watch.directory, watch.onChange);
  };

  const connect = (): Promise<RemoteStore> => {
    connecting ??= options.connect().then(
      (store) => {
        connected = store;
        for (const watch of watches) begin(watch, store);
        return store;
      },
      (error: unknown) => {
        connecting = undefined;
        throw error;
      },
    );
    return connecting;
  };

  /** One call to the store, with its failures in our words. */
  const work = async <T>(
    what: string,
    path: Path | undefined,
    call: CallOptions,
    act: (store: RemoteStore) => Promise<T>,
  ): Promise<T> => {
    gate.enter(call);
    try {
      const store = await connect();
      refuseAborted(name, call.signal);
      return await act(store);
    } catch (error) {
      throw toKeywardError(error, `${what} ${name}`, { store: name, path });
    }
  };

  /** The method where it is a capability, else the refusal of it. */
  const offer = <Name extends keyof typeof refusals & Capability>(method: Name, offered: Refusals[Name]) =>
    capabilities.has(method) ? offered : refusals[method];

  const lacks = (what: string) => new KeywardError('unsupported', `${name} (${kind}) cannot ${what}`, { store: name });

  const read: Provider['read'] = (ref, call = {}) =>
    work('reading from', ref.path, call, (store) => store.read(ref, call));

  return {
    ...refusals,
    name,
    kind,
    traits,
    capabilities,
    read,

    async readMany(refs, call = {}) {
      gate.enter(call);
      if (!capabilities.has('readMany')) return readEach({ read }, refs, call);
      return work('reading from', undefined, call, async (store) => {
        if (store.readMany === undefined) throw lacks('read several secrets at once');
        return store.readMany(refs, call);
      });
    },

    list: offer('list', async function* (directory, call = {}) {
      gate.enter(call);
      const store = await work('listing', undefined, call, async (opened) => opened);
      const paths = store.list?.(directory, call);
      if (paths === undefined) throw lacks('list names');
      try {
        for await (const path of paths) {
          gate.enter(call);
          yield path;
        }
      } catch (error) {
        throw toKeywardError(error, `listing ${name}`, { store: name });
      }
    }),

    describe: offer('describe', (path, call = {}) =>
      work('describing a secret of', path, call, async (store) => {
        if (store.describe === undefined) throw lacks(`describe ${path}`);
        return store.describe(path, call);
      }),
    ),

    write: offer('write', (path, input, write = {}) =>
      work('writing to', path, write, async (store) => {
        if (store.write === undefined) throw lacks(`write ${path}`);
        return store.write(path, input, write);
      }),
    ),

    remove: offer('remove', (ref, remove) =>
      work('removing from', ref.path, remove, async (store) => {
        if (store.remove === undefined) throw lacks(`remove ${ref.path}`);
        return store.remove(ref, remove);
      }),
    ),

    restore: offer('restore', (ref, call = {}) =>
      work('restoring in', ref.path, call, async (store) => {
        if (store.restore === undefined) throw lacks(`restore ${ref.path}`);
        return store.restore(ref, call);
      }),
    ),

    stage: offer('stage', (path, stage, version, write = {}) =>
      work('moving a stage in', path, write, async (store) => {
        if (store.stage === undefined) throw lacks(`move a stage of ${path}`);
        return store.stage(path, stage, version, write);
      }),
    ),

    watch: offer('watch', (directory, onChange) => {
      gate.enter();
      const watch: Watch = { directory, onChange };
      watches.add(watch);
      if (connected !== undefined) begin(watch, connected);
      return () => {
        watches.delete(watch);
        watch.stop?.();
      };
    }),

    diagnose: (needs, call = {}) =>
      work('looking at', undefined, call, async (store) => (await store.diagnose?.(needs, call)) ?? { findings: [] }),

    ...(capabilities.has('rotation') && {
      rotation: {
        status: (path, call = {}) =>
          work('looking at a rotation of', path, call, async ({ rotation }) =>
            managedRotation({ name, kind, rotation }).status(path, call),
          ),
        start: (path, rules = {}, call = {}) =>
          work('rotating a secret of', path, call, async ({ rotation }) =>
            managedRotation({ name, kind, rotation }).start(path, rules, call),
          ),
      } satisfies ManagedRotation,
    }),

    async health(call = {}) {
      try {
        const findings = await work('looking at', undefined, call, (store) => store.inspect(call));
        return { status: 'healthy', findings };
      } catch (error) {
        return unhealthyBecause(toKeywardError(error, `looking at ${name}`, { store: name }), name);
      }
    },

    async close() {
      if (!gate.close()) return;
      for (const { stop } of watches) stop?.();
      watches.clear();
      const store = await connecting?.catch(() => undefined);
      store?.close();
    },
  };
}
