import { KeywardError } from './errors.js';
import type { Finding } from './finding.js';
import type { ManagedRotation } from './managed-rotation.js';
import type { Directory, Path } from './path.js';
import type { Payload } from './payload.js';
import type { Ref } from './ref.js';
import type { StorePlace } from './store-place.js';
import type { SecretDescription, SecretVersion, VersionInfo, VersionKey } from './version.js';

/** Abilities beyond reading. What is not declared answers `unsupported` before anything is sent. */
export type Capability =
  | 'list'
  | 'describe'
  | 'write'
  | 'remove'
  | 'restore'
  | 'stage'
  | 'readMany'
  | 'watch'
  | 'rotation';

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface WriteInput {
  readonly payload?: Payload | undefined;
  /** Replaces the metadata as a whole; absent keeps it. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** What the metadata must be until then, else `conflict`; empty for a secret that does not exist. */
  readonly ifMetadata?: Readonly<Record<string, string>> | undefined;
}

export interface WriteOptions extends CallOptions {
  /** The key of the version that stage `current` must have, 0 for "must not exist". Absent writes unconditionally. */
  readonly ifVersion?: VersionKey | undefined;
  /** 32 to 64 characters: the same token and payload give the same version again, another payload a conflict. */
  readonly token?: string | undefined;
}

/** `soft` can be restored, `destroy` removes the payload for good, `purge` the secret with all its versions. */
export type RemoveMode = 'soft' | 'destroy' | 'purge';

/** What a store can say about itself. */
export interface ProviderHealth {
  readonly status: 'healthy' | 'unhealthy';
  /** Why it is unhealthy, or what is remarkable about a healthy one. */
  readonly findings: readonly Finding[];
}

/** What a project wants of a store. */
export interface Needs {
  readonly refs: readonly Ref[];
  /** Whether secrets are written to it too. */
  readonly writes: boolean;
}

/** What a store says about us. */
export interface Diagnosis {
  /** Who it takes us for: a role, an account, a service account. Never a credential; absent where it does not say. */
  readonly identity?: string | undefined;
  readonly findings: readonly Finding[];
}

export interface ProviderTraits {
  /** Whether the store keeps secrets under its own access control (as opposed to files and the environment). */
  readonly managed: boolean;
  /**
   * How names usually lie in it: fields of a document, single secrets, or both probed in one call. Decides what the
   * chain looks for first when the inventory does not say.
   */
  readonly layout: 'document' | 'single' | 'both';
  /** Whether nothing guards a change against another one: a write with `ifVersion` answers `unsupported`. */
  readonly lacksCheckAndSet?: true | undefined;
  /**
   * Of a store beyond this machine: all that makes its answers differ from those of another one (address, namespace,
   * mount, prefix), and no credential. Absent for what lies on this machine, which needs no copies for an outage.
   */
  readonly origin?: string | undefined;
  /**
   * The path of what the store's own audit log names; `undefined` for what no path leads to. Absent where no such log is
   * read.
   */
  readonly pathInLog?: ((name: string) => Path | undefined) | undefined;
  readonly limits?: ProviderLimits | undefined;
  /**
   * Where the secret of a path lies there, told without asking anybody; absent for stores whose names are of no use to
   * others.
   *
   * @throws KeywardError `invalid` for a path that no secret can have there.
   */
  readonly placeOf?: ((path: Path) => StorePlace) | undefined;
}

/** What a store cannot hold of what others can: said before anything is moved to it. Absent means no such limit. */
export interface ProviderLimits {
  /** `false` where values are texts. */
  readonly binary?: false | undefined;
  /** `false` where no value is empty. */
  readonly empty?: false | undefined;
  /** Of one value. */
  readonly maxBytes?: number | undefined;
  /** `false` where nothing can be noted about a secret. */
  readonly notes?: false | undefined;
  /** `false` where only the current version is kept. */
  readonly versions?: false | undefined;
  /** Why no secret can have this path; `undefined` when one can. */
  readonly problemOf?: ((path: Path) => string | undefined) | undefined;
}

/**
 * The adapter to one backing store.
 *
 * Construction does no I/O; the first call connects. Every method may be called concurrently. Failures are
 * `KeywardError`s; `read`, `list` and `describe` throw for everything except attested absence. After `close`, every
 * call throws `unavailable`.
 */
export interface Provider {
  /** Its name in the chain, for messages. */
  readonly name: string;
  readonly kind: string;
  readonly traits: ProviderTraits;
  readonly capabilities: ReadonlySet<Capability>;

  /**
   * The version that the ref names. `undefined` only when absence is attested: the store itself said that this name or
   * version does not exist, in a place that does. A place that cannot be looked into is an error.
   *
   * `ref.field` is what the caller will take out of the payload: the provider may answer with a document that holds
   * only this field, and answers `undefined` when it knows that the field is not there.
   *
   * @throws KeywardError `deleted` for a version that existed, `denied`, `unauthenticated`, `unavailable`, `throttled`,
   * `timeout`, `invalid`, `integrity`.
   */
  read(ref: Ref, options?: CallOptions): Promise<SecretVersion | undefined>;

  /** One answer per ref, in order: as `read`, with its error as a value. */
  readMany(refs: readonly Ref[], options?: CallOptions): Promise<readonly (SecretVersion | undefined | KeywardError)[]>;

  /** Every path at or below the directory, at any depth, in no particular order. Absent directory: nothing. */
  list(directory: Directory, options?: CallOptions): AsyncIterable<Path>;

  /** `undefined` when the secret is absent (attested). */
  describe(path: Path, options?: CallOptions): Promise<SecretDescription | undefined>;

  /** Looks at the store without reading a secret. Never throws. */
  health(options?: CallOptions): Promise<ProviderHealth>;

  /**
   * Looks at who we are there, at what we may do against what is needed (too much is a finding too), and at what will
   * fail soon. Reads no value. Absent where there is nothing to say beyond `health`.
   *
   * @throws KeywardError as `read`.
   */
  diagnose?(needs: Needs, options?: CallOptions): Promise<Diagnosis>;

  write(path: Path, input: WriteInput, options?: WriteOptions): Promise<VersionInfo | undefined>;
  remove(ref: Ref, options: CallOptions & { readonly mode: RemoveMode }): Promise<void>;
  /** Brings a softly removed version back. */
  restore(ref: Ref, options?: CallOptions): Promise<void>;
  /** Moves a stage to the version, or takes it away with `undefined`. */
  stage(path: Path, stage: string, version: VersionKey | undefined, options?: WriteOptions): Promise<void>;
  /**
   * Calls back when something at or below the directory may have changed since it was last read: hints only, which may
   * merge, repeat and come late. Opens nothing that no read has opened. Does not keep the process running. Returns how to
   * stop.
   */
  watch(directory: Directory, onChange: () => void): () => void;

  /** Present exactly where it is a capability. */
  readonly rotation?: ManagedRotation | undefined;

  close(): Promise<void>;
}

/** What a write is told to expect: the key, or nothing where the store could not check it. */
export function expectedVersion(
  { traits }: Pick<Provider, 'traits'>,
  key: VersionKey | undefined,
): VersionKey | undefined {
  return traits.lacksCheckAndSet === true ? undefined : key;
}

/** The methods of a provider that only reads, for spreading into it; each throws `unsupported`. */
export function readOnlyMethods(
  name: string,
  kind: string,
): Pick<Provider, 'write' | 'remove' | 'restore' | 'stage' | 'watch'> {
  const refuse = (what: string) => new KeywardError('unsupported', `${name} (${kind}) cannot ${what}`, { store: name });
  return {
    write: (path) => Promise.reject(refuse(`write ${path}`)),
    remove: (ref) => Promise.reject(refuse(`remove ${ref.path}`)),
    restore: (ref) => Promise.reject(refuse(`restore ${ref.path}`)),
    stage: (path) => Promise.reject(refuse(`move a stage of ${path}`)),
    watch: () => {
      throw refuse('watch for changes');
    },
  };
}

/** The methods that a provider cannot offer whose store does not say what it holds; each throws `unsupported`. */
export function unlistedMethods(name: string, kind: string): Pick<Provider, 'list' | 'describe'> {
  const refuse = (what: string) =>
    Promise.reject(new KeywardError('unsupported', `${name} (${kind}) cannot ${what}`, { store: name }));
  return {
    list: () => ({ [Symbol.asyncIterator]: () => ({ next: () => refuse('list names') }) }),
    describe: (path) => refuse(`describe ${path}`),
  };
}

/** `readMany` for a store that has no batch read: each ref by itself, errors as values. */
export async function readEach(
  provider: Pick<Provider, 'read'>,
  refs: readonly Ref[],
  options?: CallOptions,
): Promise<readonly (SecretVersion | undefined | KeywardError)[]> {
  return Promise.all(
    refs.map((ref) =>
      provider.read(ref, options).catch((error: unknown) => {
        if (error instanceof KeywardError) return error;
        throw error;
      }),
    ),
  );
}
