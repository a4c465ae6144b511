import { abortable } from '../../clients/http/abortable.js';
import {
  attestsAbsence,
  type Members,
  numberIn,
  objectIn,
  textIn,
  textsIn,
  type VaultAnswer,
} from '../../clients/vault/vault-answer.js';
import { VaultClient, type VaultClientOptions } from '../../clients/vault/vault-client.js';
import { refusalOf } from '../../clients/vault/vault-failure.js';
import type { VaultRequest } from '../../clients/vault/vault-transport.js';
import { systemClock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { baseOf, type Directory, joinPath, type Path, parentOf, pathProblem } from '../../core/path.js';
import type { CallOptions, RemoveMode, WriteInput, WriteOptions } from '../../core/provider.js';
import { currentStage, formatRef, previousStage, type Ref } from '../../core/ref.js';
import type { RemoteStore } from '../../core/remote-provider.js';
import type { SecretDescription, SecretVersion, VersionInfo } from '../../core/version.js';
import { dataOfPayload, payloadOfData } from './kv-document.js';
import { customMetadata, type KvMetadata, readKvMetadata, versionInfo } from './kv-metadata.js';

export interface VaultStoreOptions {
  readonly client: VaultClientOptions;
  /** Where the engine is mounted: `secret`, `team/kv`. */
  readonly mount: Path;
  /** Stands before every path. */
  readonly prefix: Directory;
}

/** The version of the engine at the mount. */
type Engine = 1 | 2;

/** A server that answers more folders than this would keep a listing going for ever. */
const maxFolders = 50_000;

/** The store behind the provider; signs in at the first request. @throws KeywardError `config` */
export async function connectVault(options: VaultStoreOptions): Promise<RemoteStore> {
  return new VaultStore(options);
}

class VaultStore implements RemoteStore {
  readonly #name: string;
  readonly #client: VaultClient;
  readonly #mount: Path;
  readonly #prefix: Directory;
  readonly #nowMs: () => number;
  #engine: Promise<Engine> | undefined;

  constructor({ client, mount, prefix }: VaultStoreOptions) {
    const { clock = systemClock } = client;
    this.#name = client.store;
    this.#client = new VaultClient(client);
    this.#mount = mount;
    this.#prefix = prefix;
    this.#nowMs = () => clock.now();
  }

  async read(ref: Ref, { signal }: CallOptions): Promise<SecretVersion | undefined> {
    const engine = await this.#engineOf(signal);
    const wanted = ref.version ?? { kind: 'stage', stage: currentStage };
    const isCurrent = wanted.kind === 'stage' && wanted.stage === currentStage;
    if (engine === 1) return isCurrent ? this.#readUnversioned(ref, signal) : undefined;
    if (isCurrent) return this.#readVersion(ref, undefined, [currentStage], signal);
    if (wanted.kind === 'number') return this.#readVersion(ref, wanted.number, [], signal);
    if (wanted.kind !== 'stage' || wanted.stage !== previousStage) return undefined;
    const current = await this.#look(ref, undefined, signal);
    const number = current && numberIn(current.metadata, 'version');
    if (number === undefined || number < 2) return undefined;
    return this.#readVersion(ref, number - 1, [previousStage], signal);
  }

  async *list(directory: Directory, { signal }: CallOptions): AsyncIterable<Path> {
    const engine = await this.#engineOf(signal);
    if (directory !== '' && (await this.#hasEntry(engine, directory, signal))) yield directory;
    const waiting: Directory[] = [directory];
    let folders = 0;
    for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
      folders += 1;
      if (folders > maxFolders) throw this.#refuse('too_large', `holds more than ${maxFolders} folders`);
      for (const key of await this.#keysIn(engine, folder, signal)) {
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
    await this.#assertVersioned(`describe ${path}`, signal);
    const found = await this.#metadataOf(path, signal);
    if (found === undefined) return undefined;
    const { versions, current, custom, createdAt, updatedAt } = found;
    const isLive = versions.some(({ number, state }) => number === current && state === 'live');
    return { path, metadata: custom, versions, current: isLive ? current : undefined, createdAt, updatedAt };
  }

  async inspect({ signal }: CallOptions): Promise<readonly Finding[]> {
    const findings = await this.#client.inspect(signal);
    await this.#engineOf(signal);
    return findings;
  }

  async write(path: Path, input: WriteInput, write: WriteOptions): Promise<VersionInfo | undefined> {
    const { ifVersion, token, signal } = write;
    if (token !== undefined) {
      throw this.#refuse('unsupported', `cannot tell a repeated write of ${path} from a new one`);
    }
    const data = input.payload && dataOfPayload(input.payload, this.#name);
    await this.#assertVersioned(`write ${path}`, signal);
    const custom = input.metadata && JSON.stringify(input.metadata);
    if (data === undefined) await this.#expect(path, ifVersion, signal);
    const version = data === undefined ? undefined : await this.#writeData(path, data, ifVersion, signal);
    if (custom !== undefined) {
      await this.#change({
        method: 'POST',
        path: this.#place('metadata', path),
        body: `{"custom_metadata":${custom}}`,
        signal,
      });
    }
    return version;
  }

  async remove(ref: Ref, { mode, signal }: CallOptions & { readonly mode: RemoveMode }): Promise<void> {
    const { path } = ref;
    await this.#assertVersioned(`remove ${path}`, signal);
    if (mode === 'purge' && ref.version !== undefined) {
      throw new KeywardError('invalid', `a purge takes all versions of ${path}; it cannot name one`, { path });
    }
    const { number } = await this.#versionOf(ref, signal);
    if (mode === 'purge') return this.#change({ method: 'DELETE', path: this.#place('metadata', path), signal });
    const place = this.#place(mode === 'soft' ? 'delete' : 'destroy', path);
    return this.#change({ method: 'POST', path: place, body: JSON.stringify({ versions: [number] }), signal });
  }

  async restore(ref: Ref, { signal }: CallOptions): Promise<void> {
    await this.#assertVersioned(`restore ${ref.path}`, signal);
    const { number, state } = await this.#versionOf(ref, signal);
    if (state === 'destroyed') throw this.#gone(ref.path, number, state);
    const body = JSON.stringify({ versions: [number] });
    await this.#change({ method: 'POST', path: this.#place('undelete', ref.path), body, signal });
  }

  close(): void {
    this.#client.close();
  }

  async #readUnversioned(ref: Ref, signal: AbortSignal | undefined): Promise<SecretVersion | undefined> {
    const path = `${this.#mount}/${escaped(this.#inside(ref.path))}`;
    const answer = await this.#client.request({ method: 'GET', path, signal });
    if (attestsAbsence(answer)) return undefined;
    const data = this.#dataOf(answer, path);
    const payload = payloadOfData(data, ref.field);
    return payload && { path: ref.path, payload, version: undefined, metadata: {} };
  }

  async #readVersion(
    ref: Ref,
    number: number | undefined,
    stages: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<SecretVersion | undefined> {
    const found = await this.#look(ref, number, signal);
    if (found === undefined) return undefined;
    const { data, metadata } = found;
    const answered = numberIn(metadata, 'version') ?? 0;
    const info = versionInfo(metadata, answered, { stages, nowMs: this.#nowMs() });
    if (info === undefined) throw this.#malformed(ref.path);
    if (data === undefined) throw this.#gone(ref.path, answered, info.state);
    const payload = payloadOfData(data, ref.field);
    if (payload === undefined) return undefined;
    // What can be read is live, whatever this machine's clock says of its end.
    const version: VersionInfo = { ...info, state: 'live', size: payload.bytes.length };
    return { path: ref.path, payload, version, metadata: customMetadata(metadata) };
  }

  /** An entry as the data endpoint has it; without data when it was deleted. */
  async #look(
    { path }: Ref,
    number: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly data: string | undefined; readonly metadata: Members } | undefined> {
    const place = this.#place('data', path);
    const query = number === undefined ? '' : `?version=${number}`;
    const answer = await this.#client.request({ method: 'GET', path: place + query, signal });
    if (attestsAbsence(answer)) return undefined;
    const outer = objectIn(answer.members, 'data');
    const metadata = outer && objectIn(outer, 'metadata');
    const data = outer?.get('data');
    const isDeleted = answer.status === 404 && data?.text === 'null';
    if ((answer.status !== 200 && !isDeleted) || metadata === undefined || data === undefined || data.isString) {
      throw this.#unexpected(answer, `reading ${place}`);
    }
    if (!isDeleted && !data.text.startsWith('{')) throw this.#malformed(path);
    return { data: isDeleted ? undefined : data.text, metadata };
  }

  async #hasEntry(engine: Engine, path: Path, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const keys = await this.#keysIn(engine, parentOf(path), signal);
      return keys.includes(baseOf(path));
    } catch (error) {
      // Whoever may list a folder but not the one above sees the folder without the secret of its name.
      if (isKeywardError(error, 'denied')) return false;
      throw error;
    }
  }

  async #keysIn(engine: Engine, folder: Directory, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const inside = folder === '' ? this.#prefix : this.#inside(folder);
    const root = engine === 2 ? `${this.#mount}/metadata` : this.#mount;
    const path = `${root}${inside === '' ? '' : `/${escaped(inside)}`}?list=true`;
    const answer = await this.#client.request({ method: 'GET', path, signal });
    if (attestsAbsence(answer)) return [];
    const data = answer.status === 200 ? objectIn(answer.members, 'data') : undefined;
    const keys = data && textsIn(data, 'keys');
    if (keys === undefined) throw this.#unexpected(answer, `listing ${root}`);
    return keys;
  }

  async #metadataOf(path: Path, signal: AbortSignal | undefined): Promise<KvMetadata | undefined> {
    const place = this.#place('metadata', path);
    const answer = await this.#client.request({ method: 'GET', path: place, signal });
    if (attestsAbsence(answer)) return undefined;
    const data = answer.status === 200 ? objectIn(answer.members, 'data') : undefined;
    if (data === undefined) throw this.#unexpected(answer, `describing ${place}`);
    const metadata = readKvMetadata(data, this.#nowMs());
    if (metadata === undefined) throw this.#malformed(path);
    return metadata;
  }

  async #writeData(
    path: Path,
    data: string,
    ifVersion: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<VersionInfo> {
    const place = this.#place('data', path);
    const options = ifVersion === undefined ? '' : `,"options":{"cas":${ifVersion}}`;
    const answer = await this.#client.request({
      method: 'POST',
      path: place,
      body: `{"data":${data}${options}}`,
      signal,
    });
    const written = answer.status === 200 ? objectIn(answer.members, 'data') : undefined;
    if (written === undefined) throw this.#unexpected(answer, `writing ${place}`);
    const known = { stages: [currentStage], nowMs: this.#nowMs() };
    const version = versionInfo(written, numberIn(written, 'version') ?? 0, known);
    if (version === undefined) throw this.#malformed(path);
    return version;
  }

  /** @throws KeywardError `not_found` without the secret, `conflict` when its version is another than expected. */
  async #expect(path: Path, ifVersion: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const found = await this.#metadataOf(path, signal);
    if (found === undefined) throw this.#refuse('not_found', `does not hold ${path}`);
    if (ifVersion !== undefined && found.current !== ifVersion) {
      throw this.#refuse('conflict', `holds another version of ${path} than the one that was expected`);
    }
  }

  async #change(request: VaultRequest): Promise<void> {
    const answer = await this.#client.request(request);
    if (answer.status !== 204 && answer.status !== 200) throw this.#unexpected(answer, `changing ${request.path}`);
  }

  /** @throws KeywardError `not_found` */
  async #versionOf(ref: Ref, signal: AbortSignal | undefined): Promise<Pick<VersionInfo, 'number' | 'state'>> {
    const found = await this.#metadataOf(ref.path, signal);
    const wanted = ref.version ?? { kind: 'stage', stage: currentStage };
    const version = found?.versions.find(({ number, stages }) =>
      wanted.kind === 'number' ? number === wanted.number : wanted.kind === 'stage' && stages.includes(wanted.stage),
    );
    if (version === undefined) throw this.#refuse('not_found', `does not hold ${formatRef(ref)}`);
    return version;
  }

  /** The version of the engine, asked once. */
  #engineOf(signal: AbortSignal | undefined): Promise<Engine> {
    this.#engine ??= this.#detect().catch((error: unknown) => {
      this.#engine = undefined;
      throw error;
    });
    return abortable(this.#name, signal, this.#engine);
  }

  async #detect(): Promise<Engine> {
    const mount = this.#mount;
    let answer: VaultAnswer;
    try {
      answer = await this.#client.request({ method: 'GET', path: `sys/internal/ui/mounts/${escaped(mount)}` });
    } catch (error) {
      if (!isKeywardError(error, 'denied')) throw error;
      throw new KeywardError('denied', `${this.#name} has no mount ${mount}, or lets us at nothing in it`, {
        store: this.#name,
        advice: 'Correct mount:, or add a policy for it. See: vault secrets list',
      });
    }
    // Servers before 0.10 do not have this path, nor the second engine.
    if (answer.status === 404) return 1;
    const data = answer.status === 200 ? objectIn(answer.members, 'data') : undefined;
    if (data === undefined) throw refusalOf(answer, this.#name, `asking about the mount ${mount}`);
    const type = textIn(data, 'type');
    if (textIn(data, 'path') !== `${mount}/` || (type !== 'kv' && type !== 'generic')) {
      throw new KeywardError('config', `${this.#name}: at ${mount} there is no key-value engine`, {
        store: this.#name,
        advice: 'Correct mount:. See: vault secrets list',
      });
    }
    const version = textIn(objectIn(data, 'options') ?? new Map(), 'version');
    return version === '2' ? 2 : 1;
  }

  async #assertVersioned(what: string, signal: AbortSignal | undefined): Promise<void> {
    if ((await this.#engineOf(signal)) === 2) return;
    throw new KeywardError(
      'unsupported',
      `${this.#name} cannot ${what}: the engine at ${this.#mount} has no versions`,
      {
        store: this.#name,
        advice: `Run: vault kv enable-versioning ${this.#mount}`,
      },
    );
  }

  #dataOf(answer: VaultAnswer, path: string): string {
    const data = answer.status === 200 ? answer.members.get('data') : undefined;
    if (data === undefined || data.isString || !data.text.startsWith('{')) {
      throw this.#unexpected(answer, `reading ${path}`);
    }
    return data.text;
  }

  #inside(path: Path): Path {
    return joinPath(this.#prefix, path);
  }

  #place(endpoint: 'data' | 'metadata' | 'delete' | 'undelete' | 'destroy', path: Path): string {
    return `${escaped(this.#mount)}/${endpoint}/${escaped(this.#inside(path))}`;
  }

  /** After an answer that does not fit the engine, the engine may be another one by now. */
  #unexpected(answer: VaultAnswer, what: string): KeywardError {
    if (answer.status === 404) this.#engine = undefined;
    return refusalOf(answer, this.#name, what);
  }

  #malformed(path: Path): KeywardError {
    return new KeywardError('invalid', `${this.#name} answered for ${path} in a form that Vault does not have`, {
      store: this.#name,
      path,
    });
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

/** A path as it stands in a request. */
function escaped(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
