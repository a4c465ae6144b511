import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { Directory, Path } from '../../core/path.js';
import { narrowToField, payloadOf } from '../../core/payload.js';
import type { CallOptions, Diagnosis, Needs, RemoveMode, WriteInput, WriteOptions } from '../../core/provider.js';
import { currentStage, formatRef, type Ref } from '../../core/ref.js';
import type { RemoteStore } from '../../core/remote-provider.js';
import { numberOfKey, type SecretDescription, type SecretVersion, type VersionInfo } from '../../core/version.js';
import { accessFindings, askedPermissions, type GcpAccess, mostSecrets } from './access-findings.js';
import { crc32c } from './crc32c.js';
import { GcpClient, type GcpClientOptions } from './gcp-client.js';
import { dateOf, numberOfVersion } from './gcp-messages.js';
import { metadataOf } from './gcp-notes.js';
import { absent, GcpSecrets, type GcpSecretsOptions } from './gcp-secrets.js';
import { GcpWriter } from './gcp-writer.js';

export type GcpStoreOptions = GcpClientOptions & Omit<GcpSecretsOptions, 'client'>;

/** The store behind the provider. @throws KeywardError `config` without the package. */
export async function connectGcp(options: GcpStoreOptions): Promise<RemoteStore> {
  return new GcpStore(options, await GcpClient.open(options));
}

class GcpStore implements RemoteStore {
  readonly #store: string;
  readonly #client: GcpClient;
  readonly #secrets: GcpSecrets;
  readonly #writer: GcpWriter;

  constructor(options: GcpStoreOptions, client: GcpClient) {
    const { store, location } = options;
    this.#store = store;
    this.#client = client;
    this.#secrets = new GcpSecrets({ ...options, client });
    this.#writer = new GcpWriter({ store, client, secrets: this.#secrets, isRegional: location !== undefined });
  }

  async read(ref: Ref, { signal }: CallOptions): Promise<SecretVersion | undefined> {
    const { path } = ref;
    const place = await this.#secrets.place(path, signal);
    if (place.note !== undefined && (await this.#secrets.find(place, signal)) === undefined) return undefined;
    const wanted = await this.#secrets.select(ref, place, signal);
    if (wanted === undefined) return undefined;
    const name = `${place.name}/versions/${wanted}`;
    const answer = await absent(this.#client.call('accessSecretVersion', { name }, signal));
    if (answer === undefined) return undefined;
    const number = numberOfVersion(answer.name, place.id);
    const { data, dataCrc32c } = answer.payload ?? {};
    if (number === undefined || data === undefined || number !== (wanted === 'latest' ? number : wanted)) {
      throw this.#secrets.malformed(path);
    }
    // Versions that were added before the service kept checksums have none.
    if (typeof dataCrc32c === 'string' && Number(dataCrc32c) !== crc32c(data)) {
      throw new KeywardError('integrity', `${this.#store}: the value of ${path} does not have its checksum`, {
        store: this.#store,
        path,
      });
    }
    const whole = payloadOf(data);
    const payload = ref.field === undefined ? whole : narrowToField(whole, ref.field);
    if (payload === undefined) return undefined;
    const stages = wanted === 'latest' ? [currentStage] : [];
    const version: VersionInfo = {
      number,
      id: String(number),
      createdAt: undefined,
      state: 'live',
      stages,
      size: data.length,
    };
    return { path, payload, version, metadata: undefined };
  }

  list(directory: Directory, { signal }: CallOptions): AsyncIterable<Path> {
    return this.#secrets.paths(directory, signal);
  }

  async describe(path: Path, { signal }: CallOptions): Promise<SecretDescription | undefined> {
    const place = await this.#secrets.place(path, signal);
    const found = await this.#secrets.find(place, signal);
    if (found === undefined) return undefined;
    const versions = await this.#secrets.versions(place, found, signal);
    const [newest] = versions;
    return {
      path,
      metadata: metadataOf(found),
      versions,
      current: newest?.state === 'live' ? newest.number : undefined,
      createdAt: dateOf(found.createTime),
      updatedAt: newest?.createdAt,
    };
  }

  /** Asks for one name. Who may only read values is healthy too: whether that is allowed shows when one is read. */
  async inspect({ signal }: CallOptions): Promise<readonly Finding[]> {
    try {
      const parent = await this.#secrets.parent(signal);
      await this.#client.call('listSecrets', { parent, pageSize: 1, pageToken: '' }, signal);
      return [];
    } catch (error) {
      if (!isKeywardError(error, 'denied')) throw error;
      return [
        { severity: 'info', where: this.#store, cause: 'it answers, and does not let us list', fix: error.advice },
      ];
    }
  }

  async diagnose({ refs, writes }: Needs, { signal }: CallOptions): Promise<Diagnosis> {
    const { identity, findings } = await this.#client.diagnose(signal);
    const accesses = new Map<string, GcpAccess>();
    for (const path of [...new Set(refs.map((ref) => ref.path))].slice(0, mostSecrets)) {
      const { id, name: resource } = await this.#secrets.place(path, signal);
      const request = { resource, permissions: askedPermissions };
      const { permissions } = await this.#client.call('testIamPermissions', request, signal);
      accesses.set(id, { id, permissions });
    }
    return { identity, findings: [...findings, ...accessFindings([...accesses.values()], writes, this.#store)] };
  }

  async write(path: Path, input: WriteInput, write: WriteOptions): Promise<VersionInfo | undefined> {
    const ifVersion = numberOfKey(write.ifVersion, this.#store);
    if (write.token !== undefined) {
      throw this.#refuse('unsupported', `cannot tell a repeated write of ${path} from a new one`);
    }
    const place = await this.#secrets.place(path, write.signal);
    return this.#writer.write(place, input, ifVersion, write.signal);
  }

  async remove(ref: Ref, { mode, signal }: CallOptions & { readonly mode: RemoveMode }): Promise<void> {
    const { path } = ref;
    if (mode === 'purge' && ref.version !== undefined) {
      throw new KeywardError('invalid', `a purge takes all versions of ${path}; it cannot name one`, { path });
    }
    const place = await this.#secrets.place(path, signal);
    if (mode !== 'purge') {
      const { name, etag } = await this.#versionOf(ref, signal);
      await this.#client.call(
        mode === 'soft' ? 'disableSecretVersion' : 'destroySecretVersion',
        { name, etag },
        signal,
      );
    } else if ((await this.#secrets.find(place, signal)) !== undefined) {
      await this.#client.call('deleteSecret', { name: place.name }, signal);
    } else throw this.#refuse('not_found', `does not hold ${path}`);
  }

  async restore(ref: Ref, { signal }: CallOptions): Promise<void> {
    const { name, etag, state } = await this.#versionOf(ref, signal);
    if (state === 'destroyed') {
      throw new KeywardError('deleted', `the version of ${ref.path} in ${this.#store} was destroyed`, {
        store: this.#store,
        path: ref.path,
        advice: 'Its value is gone; write a new version.',
      });
    }
    await this.#client.call('enableSecretVersion', { name, etag }, signal);
  }

  close(): void {
    this.#client.close();
  }

  /** @throws KeywardError `not_found` */
  async #versionOf(ref: Ref, signal: AbortSignal | undefined) {
    const place = await this.#secrets.place(ref.path, signal);
    const isThere = place.note === undefined || (await this.#secrets.find(place, signal)) !== undefined;
    const wanted = isThere ? await this.#secrets.select(ref, place, signal) : undefined;
    const found = wanted && (await this.#secrets.version(wanted, place, signal));
    if (!found) throw this.#refuse('not_found', `does not hold ${formatRef(ref)}`);
    return { ...found, name: `${place.name}/versions/${found.number}` };
  }

  #refuse(code: 'not_found' | 'unsupported', problem: string): KeywardError {
    return new KeywardError(code, `${this.#store} ${problem}`, { store: this.#store });
  }
}
