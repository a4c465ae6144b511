import { numberIn } from '../../clients/vault/vault-answer.js';
import { VaultClient, type VaultClientOptions } from '../../clients/vault/vault-client.js';
import { systemClock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { assertMetadata, halfWritten } from '../../core/metadata.js';
import { baseOf, type Directory, joinPath, type Path, parentOf, pathProblem } from '../../core/path.js';
import type { CallOptions, Diagnosis, Needs, RemoveMode, WriteInput, WriteOptions } from '../../core/provider.js';
import { currentStage, formatRef, previousStage, type Ref } from '../../core/ref.js';
import type { RemoteStore } from '../../core/remote-provider.js';
import type { SecretDescription, SecretVersion, VersionInfo } from '../../core/version.js';
import { type NumberedVersion, numberOfKey } from '../../core/version.js';
import { dataOfPayload, payloadOfData } from './kv-document.js';
import { customMetadata, versionInfo } from './kv-metadata.js';
import { KvMount } from './kv-mount.js';

export interface VaultStoreOptions {
  readonly client: VaultClientOptions;
  /** Where the engine is mounted: `secret`, `team/kv`. */
  readonly mount: Path;
  /** Stands before every path. */
  readonly prefix: Directory;
}

/** A server that answers more folders than this would keep a listing going for ever. */
const maxFolders = 50_000;

/** The store behind the provider; signs in at the first request. @throws KeywardError `config` */
export async function connectVault(options: VaultStoreOptions): Promise<RemoteStore> {
  return new VaultStore(options);
}

class VaultStore implements RemoteStore {
  readonly #name: string;
  readonly #client: VaultClient;
  readonly #kv: KvMount;
  readonly #mount: Path;
  readonly #prefix: Directory;
  readonly #nowMs: () => number;

  constructor({ client, mount, prefix }: VaultStoreOptions) {
    const { clock = systemClock } = client;
    this.#name = client.store;
    this.#client = new VaultClient(client);
    this.#mount = mount;
    this.#prefix = prefix;
    this.#nowMs = () => clock.now();
    this.#kv = new KvMount({ name: client.store, client: this.#client, mount, nowMs: this.#nowMs });
  }

  async read(ref: Ref, { signal }: CallOptions): Promise<SecretVersion | undefined> {
    const engine = await this.#kv.engine(signal);
    const wanted = ref.version ?? { kind: 'stage', stage: currentStage };
    const isCurrent = wanted.kind === 'stage' && wanted.stage === currentStage;
    if (engine === 1) return isCurrent ? this.#readUnversioned(ref, signal) : undefined;
    if (isCurrent) return this.#readVersion(ref, undefined, [currentStage], signal);
    if (wanted.kind === 'number') return this.#readVersion(ref, wanted.number, [], signal);
    if (wanted.kind !== 'stage' || wanted.stage !== previousStage) return undefined;
    const current = await this.#kv.readVersion(this.#inside(ref.path), undefined, signal);
    const number = current && numberIn(current.metadata, 'version');
    if (number === undefined || number < 2) return undefined;
    return this.#readVersion(ref, number - 1, [previousStage], signal);
  }

  async *list(directory: Directory, { signal }: CallOptions): AsyncIterable<Path> {
    if (directory !== '' && (await this.#hasEntry(directory, signal))) yield directory;
    const waiting: Directory[] = [directory];
    let folders = 0;
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      folders += 1;
      if (folders > maxFolders) throw this.#refuse('too_large', `holds more than ${maxFolders} folders`);
      for (const key of await this.#keysIn(folder, signal)) {
        const name = key.replace(/\/$/, '');
        // Names that are no paths can be kept there by others; nothing here can ask for them.
        if (pathProblem(folder === '' ? name : `${folder}/${name}`) !== undefined) continue;
        const path = joinPath(folder, name);
        if (key.endsWith('/')) waiting.push(path);
        else yield path;
      }
    }
  }

  async describe(path: Path, { signal }: CallOptions): Promise<SecretDescription | undefined> {
    await this.#kv.assertVersioned(`describe ${path}`, signal);
    const found = await this.#kv.metadataOf(this.#inside(path), signal);
    if (found === undefined) return undefined;
    const { versions, current, custom, createdAt, updatedAt } = found;
    const isLive = versions.some(({ number, state }) => number === current && state === 'live');
    return { path, metadata: custom, versions, current: isLive ? current : undefined, createdAt, updatedAt };
  }

  async inspect({ signal }: CallOptions): Promise<readonly Finding[]> {
    const findings = await this.#client.inspect(signal);
    await this.#kv.engine(signal);
    return findings;
  }

  async diagnose({ refs, writes }: Needs, { signal }: CallOptions): Promise<Diagnosis> {
    const inMount = (await this.#kv.engine(signal)) === 2 ? `${this.#mount}/data` : this.#mount;
    const places = [...new Set(refs.map(({ path }) => `${inMount}/${this.#inside(path)}`))];
    const capabilities = writes ? (['read', 'create', 'update'] as const) : (['read'] as const);
    const needed = places.flatMap((path) => capabilities.map((capability) => ({ path, capability })));
    return this.#client.diagnose(needed, signal);
  }

  async write(path: Path, input: WriteInput, write: WriteOptions): Promise<VersionInfo | undefined> {
    const { token, signal } = write;
    const ifVersion = numberOfKey(write.ifVersion, this.#name);
    if (token !== undefined) {
      throw this.#refuse('unsupported', `cannot tell a repeated write of ${path} from a new one`);
    }
    const data = input.payload && dataOfPayload(input.payload, this.#name);
    await this.#kv.assertVersioned(`write ${path}`, signal);
    const place = this.#inside(path);
    if (data === undefined) await this.#expect(path, ifVersion, signal);
    if (input.ifMetadata !== undefined) {
      const notes = (await this.describe(path, { signal }))?.metadata ?? {};
      assertMetadata(path, new Map(Object.entries(notes)), input.ifMetadata);
    }
    const version = data === undefined ? undefined : await this.#kv.write(place, data, ifVersion, signal);
    if (input.metadata !== undefined) {
      await this.#kv.note(place, input.metadata, signal).catch((error: unknown) => {
        throw version === undefined ? error : halfWritten(error, path, version.number);
      });
    }
    return version;
  }

  async remove(ref: Ref, { mode, signal }: CallOptions & { readonly mode: RemoveMode }): Promise<void> {
    const { path } = ref;
    await this.#kv.assertVersioned(`remove ${path}`, signal);
    if (mode === 'purge' && ref.version !== undefined) {
      throw new KeywardError('invalid', `a purge takes all versions of ${path}; it cannot name one`, { path });
    }
    const { number } = await this.#versionOf(ref, signal);
    const place = this.#inside(path);
    if (mode === 'purge') return this.#kv.purge(place, signal);
    return this.#kv.changeVersion(mode === 'soft' ? 'delete' : 'destroy', place, number, signal);
  }

  async restore(ref: Ref, { signal }: CallOptions): Promise<void> {
    await this.#kv.assertVersioned(`restore ${ref.path}`, signal);
    const { number, state } = await this.#versionOf(ref, signal);
    if (state === 'destroyed') throw this.#gone(ref.path, number, state);
    await this.#kv.changeVersion('undelete', this.#inside(ref.path), number, signal);
  }

  close(): void {
    this.#client.close();
  }

  async #readUnversioned(ref: Ref, signal: AbortSignal | undefined): Promise<SecretVersion | undefined> {
    const data = await this.#kv.readUnversioned(this.#inside(ref.path), signal);
    const payload = data === undefined ? undefined : payloadOfData(data, ref.field);
    return payload && { path: ref.path, payload, version: undefined, metadata: {} };
  }

  async #readVersion(
    ref: Ref,
    number: number | undefined,
    stages: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<SecretVersion | undefined> {
    const found = await this.#kv.readVersion(this.#inside(ref.path), number, signal);
    if (found === undefined) return undefined;
    const { data, metadata } = found;
    const answered = numberIn(metadata, 'version') ?? 0;
    const info = versionInfo(metadata, answered, { stages, nowMs: this.#nowMs() });
    if (info === undefined) throw this.#kv.malformed(ref.path);
    if (data === undefined) throw this.#gone(ref.path, answered, info.state);
    const payload = payloadOfData(data, ref.field);
    if (payload === undefined) return undefined;
    // What can be read is live, whatever this machine's clock says of its end.
    const version: NumberedVersion = { ...info, state: 'live', size: payload.bytes.length };
    return { path: ref.path, payload, version, metadata: customMetadata(metadata) };
  }

  async #hasEntry(path: Path, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const keys = await this.#keysIn(parentOf(path), signal);
      return keys.includes(baseOf(path));
    } catch (error) {
      // Whoever may list a folder but not the one above sees the folder without the secret of its name.
      if (isKeywardError(error, 'denied')) return false;
      throw error;
    }
  }

  /** @throws KeywardError `not_found` without the secret, `conflict` when its version is another than expected. */
  async #expect(path: Path, ifVersion: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const found = await this.#kv.metadataOf(this.#inside(path), signal);
    if (found === undefined) throw this.#refuse('not_found', `does not hold ${path}`);
    if (ifVersion !== undefined && found.current !== ifVersion) {
      throw this.#refuse('conflict', `holds another version of ${path} than the one that was expected`);
    }
  }

  /** @throws KeywardError `not_found` */
  async #versionOf(ref: Ref, signal: AbortSignal | undefined): Promise<Pick<NumberedVersion, 'number' | 'state'>> {
    const found = await this.#kv.metadataOf(this.#inside(ref.path), signal);
    const wanted = ref.version ?? { kind: 'stage', stage: currentStage };
    const version = found?.versions.find(({ number, stages }) =>
      wanted.kind === 'number' ? number === wanted.number : wanted.kind === 'stage' && stages.includes(wanted.stage),
    );
    if (version === undefined) throw this.#refuse('not_found', `does not hold ${formatRef(ref)}`);
    return version;
  }

  #keysIn(folder: Directory, signal: AbortSignal | undefined): Promise<readonly string[]> {
    return this.#kv.keysIn(folder === '' ? this.#prefix : this.#inside(folder), signal);
  }

  #inside(path: Path): Path {
    return joinPath(this.#prefix, path);
  }

  #gone(path: Path, number: number, state: VersionInfo['state']): KeywardError {
    const place = `${this.#mount}/${this.#inside(path)}`;
    return new KeywardError(
      'deleted',
      `version ${number} of ${path} in ${this.#name} was ${state === 'destroyed' ? 'destroyed' : 'deleted'}`,
      {
        store: this.#name,
        path,
        advice:
          state === 'destroyed'
            ? 'Its value is gone; write a new version.'
            : `Bring it back with: vault kv undelete -versions=${number} ${place}`,
      },
    );
  }

  #refuse(code: 'not_found' | 'conflict' | 'unsupported' | 'too_large', problem: string): KeywardError {
    return new KeywardError(code, `${this.#name} ${problem}`, { store: this.#name });
  }
}
