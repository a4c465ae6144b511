import { KeywardError, toKeywardError } from './errors.js';
import type { Finding } from './finding.js';
import type { Directory, Path } from './path.js';
import type { Payload } from './payload.js';
import { type CallOptions, type Capability, type Provider, readOnlyMethods, unlistedMethods } from './provider.js';
import { ProviderGate, refuseAborted, unhealthyBecause } from './provider-gate.js';
import { currentStage, type Ref } from './ref.js';
import type { SecretVersion } from './version.js';

/** A place that holds one version of each secret and that others write: the environment, files. */
export interface UnversionedStore {
  /** Looks at the store as it is now, for one or several refs. A failure concerns all of them. */
  open(): Promise<UnversionedView>;
  /** The paths at or below the directory, where the store can tell. */
  list?(directory: Directory): AsyncIterable<Path>;
  /** Calls back when something may have changed, where the store can tell. Never throws. Answers how to stop. */
  watch?(onChange: () => void): () => void;
  /** What the operator should know about the store as it is now. Throws what `open` throws. */
  inspect(): Promise<readonly Finding[]>;
}

export interface UnversionedView {
  /** What the ref names, its version aside; `undefined` when that is absent. */
  read(ref: Ref): Promise<Payload | undefined>;
  /** Whether everything read so far was of one state of the store. Absent where it cannot be otherwise. */
  isConsistent?(): Promise<boolean>;
}

type Answer = SecretVersion | undefined | KeywardError;

const maxAttempts = 5;

/**
 * The provider over such a store. A ref to another version than the current one is absent: the store never had it. It
 * is unhealthy while the store cannot be looked at.
 */
export function createUnversionedProvider(name: string, kind: string, store: UnversionedStore): Provider {
  const gate = new ProviderGate(name);
  const { list, watch } = store;
  const capabilities = new Set<Capability>(['readMany']);
  if (list !== undefined) capabilities.add('list');
  if (watch !== undefined) capabilities.add('watch');
  const stops = new Set<() => void>();

  const answer = async (view: UnversionedView, ref: Ref): Promise<Answer> => {
    if (!asksForCurrent(ref)) return undefined;
    try {
      const payload = await view.read(ref);
      return payload && { path: ref.path, payload, version: undefined, metadata: {} };
    } catch (error) {
      return toKeywardError(error, `reading ${ref.path} from ${name}`, { store: name, path: ref.path });
    }
  };

  const answers = async (refs: readonly Ref[], call: CallOptions | undefined): Promise<readonly Answer[]> => {
    gate.enter(call);
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const view = await store.open();
      const found = await Promise.all(refs.map((ref) => answer(view, ref)));
      refuseAborted(name, call?.signal);
      if (view.isConsistent === undefined || (await view.isConsistent())) return found;
    }
    throw new KeywardError('unavailable', `${name} kept changing while it was read`, { store: name });
  };

  return {
    ...readOnlyMethods(name, kind),
    ...unlistedMethods(name, kind),
    name,
    kind,
    traits: { managed: false, layout: 'single' },
    capabilities,

    async read(ref, call) {
      const [found] = await answers([ref], call);
      if (found instanceof KeywardError) throw found;
      return found;
    },

    readMany: answers,

    ...(list && {
      async *list(directory: Directory, call?: CallOptions): AsyncIterable<Path> {
        gate.enter(call);
        for await (const path of list.call(store, directory)) {
          refuseAborted(name, call?.signal);
          yield path;
        }
      },
    }),

    ...(watch && {
      watch(_directory: Directory, onChange: () => void): () => void {
        gate.enter();
        const stop = watch.call(store, onChange);
        stops.add(stop);
        return () => {
          stops.delete(stop);
          stop();
        };
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
      for (const stop of stops) stop();
      stops.clear();
    },
  };
}

function asksForCurrent({ version }: Ref): boolean {
  return version === undefined || (version.kind === 'stage' && version.stage === currentStage);
}
