import { toKeywardError } from './errors.js';
import type { Finding } from './finding.js';
import type { Directory, Path } from './path.js';
import type { Payload } from './payload.js';
import {
  type CallOptions,
  type Capability,
  type Provider,
  readEach,
  readOnlyMethods,
  unlistedMethods,
} from './provider.js';
import { ProviderGate, refuseAborted, unhealthyBecause } from './provider-gate.js';
import { currentStage, type Ref } from './ref.js';
import type { SecretVersion } from './version.js';

/** A place that holds single values, one version of each, and that others write: the environment, files. */
export interface UnversionedStore {
  /** Looks at the store as it is now; the answer is asked for one or several refs. A failure concerns all of them. */
  open(): Promise<UnversionedView>;
  /** The paths at or below the directory, where the store can tell. */
  list?(directory: Directory): AsyncIterable<Path>;
  /** What the operator should know about the store as it is now. Throws what `open` throws. */
  inspect(): Promise<readonly Finding[]>;
}

/** What the store held when it was opened: the payload of the ref's path (its version aside), or `undefined`. */
export type UnversionedView = (ref: Ref) => Promise<Payload | undefined>;

/**
 * The provider over such a store. A ref to another version than the current one is absent: the store never had it. It
 * is unhealthy while the store cannot be looked at.
 */
export function createUnversionedProvider(name: string, kind: string, store: UnversionedStore): Provider {
  const gate = new ProviderGate(name);
  const { list } = store;
  const capabilities: readonly Capability[] = list === undefined ? ['readMany'] : ['readMany', 'list'];

  const answer = async (view: UnversionedView, ref: Ref): Promise<SecretVersion | undefined> => {
    if (!asksForCurrent(ref)) return undefined;
    const payload = await view(ref).catch((error: unknown) => {
      throw toKeywardError(error, `reading ${ref.path} from ${name}`, { store: name, path: ref.path });
    });
    return payload && { path: ref.path, payload, version: undefined, metadata: {} };
  };

  return {
    ...readOnlyMethods(name, kind),
    ...unlistedMethods(name, kind),
    name,
    kind,
    traits: { managed: false, layout: 'single' },
    capabilities: new Set(capabilities),

    async read(ref, call) {
      gate.enter(call);
      const found = await answer(await store.open(), ref);
      refuseAborted(name, call?.signal);
      return found;
    },

    async readMany(refs, call) {
      gate.enter(call);
      const view = await store.open();
      const answers = await readEach({ read: (ref) => answer(view, ref) }, refs);
      refuseAborted(name, call?.signal);
      return answers;
    },

    ...(list && {
      async *list(directory: Directory, call?: CallOptions): AsyncIterable<Path> {
        gate.enter(call);
        for await (const path of list.call(store, directory)) {
          refuseAborted(name, call?.signal);
          yield path;
        }
      },
    }),

    async health() {
      try {
        gate.enter();
        return { status: 'healthy', findings: await store.inspect() };
      } catch (error) {
        return unhealthyBecause(toKeywardError(error, `looking at ${name}`, { store: name }), name);
      }
    },

    async close() {
      gate.close();
    },
  };
}

function asksForCurrent({ version }: Ref): boolean {
  return version === undefined || (version.kind === 'stage' && version.stage === currentStage);
}
