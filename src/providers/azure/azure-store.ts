import { systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { assertMetadata } from '../../core/metadata.js';
import { type Directory, isBelow, type Path, parsePath, pathProblem } from '../../core/path.js';
import type { CallOptions, Diagnosis, Needs, RemoveMode, WriteInput, WriteOptions } from '../../core/provider.js';
import { currentStage, formatRef, isSelected, previousStage, type Ref } from '../../core/ref.js';
import type { RemoteStore } from '../../core/remote-provider.js';
import type { SecretDescription, SecretVersion, VersionInfo } from '../../core/version.js';
import type { NativeNames } from '../../formats/native-names.js';
import { type AzureClientOptions, openAzureClient } from './azure-client.js';
import { decodeValue, encodeValue } from './azure-payload.js';
import { AzureSecrets } from './azure-secrets.js';
import { metadataOf, ownTagsOf, pathTag, tagsFor } from './azure-tags.js';
import type { AzureVersion } from './azure-versions.js';

export interface AzureStoreOptions extends Omit<AzureClientOptions, 'clock'> {
  /** Stands before every path. */
  readonly prefix: Directory;
  readonly names: NativeNames;
  /** Paths whose names the configuration states. */
  readonly named: ReadonlySet<Path>;
}

/** The store behind the provider; signs in at the first request. @throws KeywardError `config` */
export async function connectAzure(options: AzureStoreOptions): Promise<RemoteStore> {
  const { store, vault, prefix, names, named } = options;
  const clock = systemClock;
  const client = await openAzureClient({ ...options, clock });
  const [vaultName = ''] = vault.address.hostname.split('.');
  return new AzureStore(
    store,
    prefix,
    names,
    new AzureSecrets({ store, vaultName, prefix, names, named, clock }, client),
  );
}

class AzureStore implements RemoteStore {
  readonly #name: string;
  readonly #prefix: Directory;
  readonly #names: NativeNames;
  readonly #secrets: AzureSecrets;

  constructor(name: string, prefix: Directory, names: NativeNames, secrets: AzureSecrets) {
    this.#name = name;
    this.#prefix = prefix;
    this.#names = names;
    this.#secrets = secrets;
  }

  async read(ref: Ref, { signal }: CallOptions): Promise<SecretVersion | undefined> {
    const { path, version: wanted = { kind: 'stage', stage: currentStage } } = ref;
    const isCurrent = wanted.kind === 'stage' && wanted.stage === currentStage;
    if (isCurrent) return this.#readVersion(path, undefined, signal);
    if (wanted.kind === 'id') return this.#readVersion(path, wanted.id, signal);
    if (wanted.kind !== 'stage' || wanted.stage !== previousStage) return undefined;
    const versions = await this.#secrets.versions(path, signal);
    if (versions.length === 1) return undefined;
    if (versions.length === 0) return this.#absent(path, signal);
    const found = await this.#readVersion(path, this.#versionOf(ref, versions).id, signal);
    return found?.version && { ...found, version: { ...found.version, stages: [previousStage] } };
  }

  async *list(directory: Directory, { signal }: CallOptions): AsyncIterable<Path> {
    for await (const { name, tags } of this.#secrets.all(signal)) {
      const path = this.#pathOf(name, tags?.[pathTag]);
      if (path !== undefined && (path === directory || isBelow(path, directory))) yield path;
    }
  }

  async describe(path: Path, { signal }: CallOptions): Promise<SecretDescription | undefined> {
    let versions = await this.#secrets.versions(path, signal);
    if (versions.length === 0) {
      const deleted = await this.#secrets.deleted(path, signal);
      if (deleted !== undefined) versions = [deleted];
    }
    const [newest, oldest] = [versions[0], versions.at(-1)];
    if (newest === undefined || oldest === undefined) return undefined;
    const current = versions.find(({ stages, state }) => state === 'live' && stages.includes(currentStage));
    const times = versions.map(({ properties, createdAt }) => (properties.updatedOn ?? createdAt).getTime());
    return {
      path,
      metadata: metadataOf(newest.properties),
      versions: versions.map(plain),
      current: current?.id,
      createdAt: oldest.createdAt,
      updatedAt: new Date(Math.max(...times)),
    };
  }

  async inspect({ signal }: CallOptions): Promise<readonly Finding[]> {
    await this.#secrets.probe(signal);
    return [];
  }

  diagnose(_: Needs, { signal }: CallOptions): Promise<Diagnosis> {
    return this.#secrets.diagnose(signal);
  }

  async write(path: Path, input: WriteInput, write: WriteOptions): Promise<VersionInfo | undefined> {
    const { signal } = write;
    const { payload, metadata, ifMetadata } = input;
    if (write.ifVersion !== undefined) throw this.#refuse('unsupported', `has no check-and-set for ${path}`);
    if (write.token !== undefined) {
      throw this.#refuse('unsupported', `cannot tell a repeated write of ${path} from a new one`);
    }
    const value = payload && encodeValue(payload, this.#name);
    const valueTags = value && { ...this.#secrets.pathTagOf(path), ...value.tags };
    if (metadata !== undefined) tagsFor(path, metadata, valueTags ?? {}, this.#name);
    const [newest] = await this.#secrets.versions(path, signal);
    const before = newest === undefined ? {} : metadataOf(newest.properties);
    assertMetadata(path, new Map(Object.entries(before)), ifMetadata);
    if (value === undefined && newest === undefined) throw this.#lacks({ path });
    const own = valueTags ?? ownTagsOf(newest?.properties ?? {});
    const tags = tagsFor(path, metadata ?? before, own, this.#name);
    if (value !== undefined) {
      return { ...plain(await this.#secrets.set(path, value, tags, signal)), size: payload?.bytes.length };
    }
    if (newest !== undefined) await this.#secrets.update(path, newest.id, { tags }, signal);
    return undefined;
  }

  async remove(ref: Ref, { mode, signal }: CallOptions & { readonly mode: RemoveMode }): Promise<void> {
    const { path } = ref;
    if (mode === 'destroy') {
      throw this.#refuse(
        'unsupported',
        `destroys no single version of ${path}`,
        `For all of them: keyward purge ${path}`,
      );
    }
    if (mode === 'purge' && ref.version !== undefined) {
      throw new KeywardError('invalid', `a purge takes all versions of ${path}; it cannot name one`, { path });
    }
    const versions = await this.#secrets.versions(path, signal);
    if (ref.version !== undefined) {
      return this.#secrets.update(path, this.#versionOf(ref, versions).id, { enabled: false }, signal);
    }
    const [newest] = versions;
    const level = (newest ?? (await this.#secrets.deleted(path, signal)))?.properties.recoveryLevel;
    if (level === undefined) throw this.#lacks(ref);
    if (mode === 'purge' && !level.includes('Purgeable')) {
      throw this.#refuse('unsupported', `cannot purge ${path}: the vault is protected against it`);
    }
    if (mode === 'soft' && level === 'Purgeable') {
      throw this.#refuse('unsupported', `could not bring ${path} back: the vault keeps nothing that is deleted`);
    }
    const isGone = newest !== undefined && (await this.#secrets.delete(path, signal));
    if (mode === 'purge' && !isGone) await this.#secrets.purge(path, signal);
  }

  async restore(ref: Ref, { signal }: CallOptions): Promise<void> {
    const { path } = ref;
    let versions = await this.#secrets.versions(path, signal);
    if (versions.length === 0) {
      if ((await this.#secrets.deleted(path, signal)) === undefined) throw this.#lacks(ref);
      await this.#secrets.recover(path, signal);
      versions = await this.#secrets.versions(path, signal);
    }
    const { id, state } = this.#versionOf(ref, versions);
    if (state === 'deleted') await this.#secrets.update(path, id, { enabled: true }, signal);
  }

  close(): void {
    this.#secrets.close();
  }

  async #readVersion(path: Path, id: string | undefined, signal: AbortSignal | undefined) {
    // Other stores have ids in other forms; here no version can have them.
    if (id !== undefined && !/^[0-9a-f]{32}$/.test(id)) return undefined;
    const found = await this.#secrets.get(path, id, signal);
    if (found === undefined) return this.#absent(path, signal);
    const { properties } = found.version;
    const payload = decodeValue(found.value, properties.tags ?? {}, this.#name);
    const version: VersionInfo = { ...plain(found.version), state: 'live', size: payload.bytes.length };
    return { path, payload, version, metadata: metadataOf(properties) };
  }

  /** Nothing, for what is not there. @throws KeywardError `deleted` when it was deleted and is kept. */
  async #absent(path: Path, signal: AbortSignal | undefined): Promise<undefined> {
    if ((await this.#secrets.deleted(path, signal)) !== undefined) throw this.#secrets.isDeleted(path);
  }

  /** @throws KeywardError `not_found`, `unsupported` when it cannot be told from others of its second. */
  #versionOf(ref: Ref, versions: readonly AzureVersion[]): AzureVersion {
    const wanted = ref.version ?? { kind: 'stage', stage: currentStage };
    const version = versions.find((candidate) => isSelected(candidate, wanted));
    if (version !== undefined) return version;
    const isStage = wanted.kind === 'stage' && [currentStage, previousStage].includes(wanted.stage);
    if (!isStage || versions.length < 2) throw this.#lacks(ref);
    throw this.#refuse(
      'unsupported',
      `cannot tell which version is ${formatRef(ref)}: several were written in one second`,
      `Name it by its id: keyward history ${ref.path}`,
    );
  }

  /** The path of a name in the vault; `undefined` for what is not ours to read. */
  #pathOf(name: string, kept: string | undefined): Path | undefined {
    const inside = typeof kept === 'string' && this.#isNameOf(name, kept) ? parsePath(kept) : this.#names.pathOf(name);
    if (inside === undefined || !isBelow(inside, this.#prefix)) return undefined;
    return this.#prefix === '' ? inside : parsePath(inside.slice(this.#prefix.length + 1));
  }

  /** Whether the tag beside a name tells the truth; anybody can write there what they like. */
  #isNameOf(name: string, kept: string): boolean {
    if (pathProblem(kept) !== undefined) return false;
    try {
      return this.#names.nameOf(parsePath(kept)) === name;
    } catch {
      return false;
    }
  }

  #lacks(ref: Ref): KeywardError {
    return this.#refuse('not_found', `does not hold ${formatRef(ref)}`);
  }

  #refuse(code: 'not_found' | 'unsupported', problem: string, advice?: string): KeywardError {
    return new KeywardError(code, `${this.#name} ${problem}`, { store: this.#name, advice });
  }
}

function plain({ number, id, createdAt, state, stages, size }: AzureVersion): VersionInfo {
  return { number, id, createdAt, state, stages, size };
}
