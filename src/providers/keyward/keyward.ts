import type { Client, SealClient, SecretsClient } from '../../core/client.js';
import { isKeywardError, KeywardError, toKeywardError } from '../../core/errors.js';
import { type Directory, joinPath, type Path } from '../../core/path.js';
import {
  type CallOptions,
  type Capability,
  type Provider,
  type ProviderHealth,
  type RemoveMode,
  readOnlyMethods,
  type WriteInput,
  type WriteOptions,
} from '../../core/provider.js';
import { ProviderGate, refuseAborted, unhealthyBecause } from '../../core/provider-gate.js';
import { defineProviderKind, prefixDirectory } from '../../core/provider-kind.js';
import { currentStage, formatRef, type Ref } from '../../core/ref.js';
import type { SecretDescription, SecretVersion, VersionInfo } from '../../core/version.js';
import { numberOfKey } from '../../core/version.js';

/** The part of a client that the provider works on. */
export type KeywardClient = Pick<Client, 'secrets' | 'watch' | 'close'> & { readonly seal: Pick<SealClient, 'status'> };

export interface KeywardProviderOptions {
  readonly name: string;
  /** Opens the client; called at the first use, and again after it failed. `close` closes what it answered. */
  readonly connect: () => Promise<KeywardClient>;
  /** Stands before every path, for example `trading-bot/development`. */
  readonly prefix?: Directory | undefined;
}

interface Watch {
  readonly onChange: () => void;
  /** Absent until the client is open. */
  stop: (() => void) | undefined;
}

const kind = 'keyward';
const capabilities: ReadonlySet<Capability> = new Set([
  'list',
  'describe',
  'write',
  'remove',
  'restore',
  'stage',
  'readMany',
  'watch',
]);

export const keywardProviderKind = defineProviderKind({
  options: { prefix: 'prefix' },
  create: ({ prefix }, { name, environment, connectStore }) =>
    createKeywardProvider({ name, connect: connectStore, prefix: prefixDirectory(prefix, environment) }),
});

/** Keyward's own store, in process or on a server, as a link of the chain. */
export function createKeywardProvider(options: KeywardProviderOptions): Provider {
  const { name, prefix = '' } = options;
  const gate = new ProviderGate(name);
  const watches = new Set<Watch>();
  let opening: Promise<KeywardClient> | undefined;
  let opened: KeywardClient | undefined;

  const open = async (): Promise<KeywardClient> => {
    try {
      opened = await options.connect();
      for (const watch of watches) watch.stop = opened.watch(watch.onChange);
      return opened;
    } catch (error) {
      opening = undefined;
      throw toKeywardError(error, `opening ${name}`, { store: name });
    }
  };
  const connect = (): Promise<KeywardClient> => {
    opening ??= open();
    return opening;
  };
  const enter = async (call: CallOptions | undefined): Promise<KeywardClient> => {
    gate.enter(call);
    const client = await connect();
    refuseAborted(name, call?.signal);
    return client;
  };
  const inside = (path: Path): Path => joinPath(prefix, path);
  const insideRef = (ref: Ref): Ref => ({ ...ref, path: inside(ref.path) });

  return {
    ...readOnlyMethods(name, kind),
    name,
    kind,
    traits: { managed: true, layout: 'both', placeOf: (path) => ({ kind, name: inside(path) }) },
    capabilities,

    async read(ref, call): Promise<SecretVersion | undefined> {
      const { secrets } = await enter(call);
      const version = await secrets.read(insideRef(ref));
      return version && { ...version, path: ref.path };
    },

    async readMany(refs, call): Promise<readonly (SecretVersion | undefined | KeywardError)[]> {
      const { secrets } = await enter(call);
      const answers = await secrets.readMany(refs.map(insideRef));
      return refs.map((ref, i) => {
        const answer = answers[i];
        return answer === undefined || answer instanceof KeywardError ? answer : { ...answer, path: ref.path };
      });
    },

    async *list(directory, call): AsyncIterable<Path> {
      const { secrets } = await enter(call);
      if (directory !== '' && (await describeIfAllowed(secrets, inside(directory))) !== undefined) yield directory;
      const waiting: Directory[] = [directory];
      for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
        let cursor: string | undefined;
        do {
          refuseAborted(name, call?.signal);
          const page = await secrets.list(current === '' ? prefix : inside(current), { cursor, limit: pageLimit });
          for (const entry of page.entries) {
            const path = joinPath(current, entry.name);
            if (entry.isSecret) yield path;
            if (entry.hasChildren) waiting.push(path);
          }
          cursor = page.next;
        } while (cursor !== undefined);
      }
    },

    async describe(path, call): Promise<SecretDescription | undefined> {
      const { secrets } = await enter(call);
      const description = await secrets.describe(inside(path));
      return description && { ...description, path };
    },

    async health(call): Promise<ProviderHealth> {
      try {
        const { seal } = await enter(call);
        const { sealed } = await seal.status();
        return sealed
          ? unhealthyBecause(new KeywardError('sealed', `${name} is sealed`, { store: name }), name)
          : healthy;
      } catch (error) {
        // Whoever may not see the state of the seal still got an answer from an open store.
        if (isKeywardError(error, 'denied')) return healthy;
        return unhealthyBecause(toKeywardError(error, `asking ${name} for its health`, { store: name }), name);
      }
    },

    async write(path: Path, input: WriteInput, write?: WriteOptions): Promise<VersionInfo> {
      const { secrets } = await enter(write);
      return secrets.write(inside(path), input, {
        ifVersion: numberOfKey(write?.ifVersion, name),
        token: write?.token,
      });
    },

    async remove(ref: Ref, remove: CallOptions & { readonly mode: RemoveMode }): Promise<void> {
      const { secrets } = await enter(remove);
      const path = inside(ref.path);
      if (remove.mode === 'purge') {
        if (ref.version === undefined) return secrets.purge(path);
        throw new KeywardError('invalid', `a purge takes all versions of ${path}; it cannot name one`, { path });
      }
      const versions = [await numberOf(secrets, insideRef(ref))];
      return remove.mode === 'soft' ? secrets.delete(path, { versions }) : secrets.destroy(path, { versions });
    },

    async restore(ref, call): Promise<void> {
      const { secrets } = await enter(call);
      await secrets.undelete(inside(ref.path), { versions: [await numberOf(secrets, insideRef(ref))] });
    },

    async stage(path, stage, version, write): Promise<void> {
      const { secrets } = await enter(write);
      await secrets.setStage(inside(path), stage, numberOfKey(version, name), {
        ifVersion: numberOfKey(write?.ifVersion, name),
      });
    },

    watch(_directory, onChange) {
      gate.enter();
      const watch: Watch = { onChange, stop: opened?.watch(onChange) };
      watches.add(watch);
      return () => {
        watches.delete(watch);
        watch.stop?.();
      };
    },

    async close(): Promise<void> {
      if (!gate.close()) return;
      const client = await opening?.catch(() => undefined);
      await client?.close();
    },
  };
}

const pageLimit = 1000;
const healthy: ProviderHealth = { status: 'healthy', findings: [] };

/** Whoever may list a folder but not look at the secret of the same name sees the folder without it. */
async function describeIfAllowed(secrets: SecretsClient, path: Path): Promise<SecretDescription | undefined> {
  try {
    return await secrets.describe(path);
  } catch (error) {
    if (isKeywardError(error, 'denied')) return undefined;
    throw error;
  }
}

/** @throws KeywardError `not_found` */
async function numberOf(secrets: SecretsClient, ref: Ref): Promise<number> {
  const { path, version = { kind: 'stage', stage: currentStage } } = ref;
  if (version.kind === 'number') return version.number;
  const description = await secrets.describe(path);
  const found = description?.versions.find((candidate) =>
    version.kind === 'id' ? candidate.id === version.id : candidate.stages.includes(version.stage),
  );
  if (found === undefined) throw new KeywardError('not_found', `${formatRef(ref)} does not exist`, { path });
  return found.number;
}
