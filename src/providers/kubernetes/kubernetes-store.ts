import type { KubernetesSecret, ObjectMeta } from '../../clients/kubernetes/api-object.js';
import type { ClusterOptions } from '../../clients/kubernetes/cluster-options.js';
import { KubernetesClient } from '../../clients/kubernetes/kubernetes-client.js';
import { type Clock, systemClock } from '../../core/clock.js';
import { type ErrorCode, isKeywardError, KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { assertMetadata } from '../../core/metadata.js';
import { type Directory, isBelow, type Path } from '../../core/path.js';
import { narrowToField, type Payload, payloadOf } from '../../core/payload.js';
import type { CallOptions, Diagnosis, Needs, RemoveMode, WriteInput, WriteOptions } from '../../core/provider.js';
import { currentStage, isSelected, type Ref, type VersionSelector } from '../../core/ref.js';
import type { RemoteStore } from '../../core/remote-provider.js';
import type { SecretDescription, SecretVersion, VersionInfo } from '../../core/version.js';
import { accessFindings } from './access-findings.js';
import { annotationsFor, jsonKeysIn, metadataIn, pathIn } from './secret-annotations.js';
import { dataOfPayload, payloadOfData, type SecretData } from './secret-data.js';
import type { Place, SecretPlaces } from './secret-places.js';
import { watchSecrets } from './secret-watch.js';
import { type SecretChange, SecretsApi } from './secrets-api.js';
import { surroundingFindings } from './surroundings.js';

export interface KubernetesStoreOptions {
  readonly places: SecretPlaces;
  readonly cluster: ClusterOptions;
  readonly clock?: Clock | undefined;
}

/** Of all values of a Secret together. Source: `MaxSecretSize` of k8s.io/kubernetes/pkg/apis/core. */
const maxDataBytes = 1024 * 1024;
const maxAttempts = 5;

/** The store behind the provider; connects at the first request. @throws KeywardError `config` */
export async function connectKubernetes(options: KubernetesStoreOptions): Promise<RemoteStore> {
  return new KubernetesStore(options);
}

class KubernetesStore implements RemoteStore {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #client: KubernetesClient;
  readonly #api: SecretsApi;
  readonly #places: SecretPlaces;

  constructor(options: KubernetesStoreOptions) {
    const { places, cluster, clock = systemClock } = options;
    this.#name = cluster.store;
    this.#clock = clock;
    this.#client = new KubernetesClient(cluster, clock);
    this.#api = new SecretsApi(this.#client, cluster.namespace);
    this.#places = places;
  }

  async read(ref: Ref, { signal }: CallOptions): Promise<SecretVersion | undefined> {
    const { path, version: wanted = { kind: 'stage', stage: currentStage }, field } = ref;
    const place = this.#places.of(path);
    const secret = await this.#find(place, signal);
    if (secret === undefined) return undefined;
    const version = versionOf(secret);
    const payload = isVersion(version, wanted) ? this.#payloadIn(secret, place, field) : undefined;
    if (payload === undefined) return undefined;
    if (secret.isBeingDeleted) throw this.#refuse('deleted', `is deleting ${path}`);
    return { path, payload, version: { ...version, size: payload.bytes.length }, metadata: metadataOf(place, secret) };
  }

  async *list(directory: Directory, { signal }: CallOptions): AsyncIterable<Path> {
    const paths = new Set(await this.#paths(signal));
    for (const path of paths) if (path === directory || isBelow(path, directory)) yield path;
  }

  async describe(path: Path, { signal }: CallOptions): Promise<SecretDescription | undefined> {
    const place = this.#places.of(path);
    // Whether the one Secret has the key is only known with its values.
    const found = await (place.key === undefined ? this.#api.describe(place.name, signal) : this.#find(place, signal));
    if (found === undefined) return undefined;
    this.#places.check(place, pathIn(found.annotations));
    const version = versionOf(found);
    return {
      path,
      metadata: metadataOf(place, found),
      versions: [version],
      current: version.state === 'live' ? version.id : undefined,
      createdAt: found.createdAt,
      updatedAt: found.changedAt,
    };
  }

  async inspect({ signal }: CallOptions): Promise<readonly Finding[]> {
    await this.#api.rules(signal);
    return [];
  }

  async diagnose({ refs, writes }: Needs, { signal }: CallOptions): Promise<Diagnosis> {
    const names = [...new Set(refs.map(({ path }) => this.#places.of(path).name))];
    const needed = { store: this.#name, namespace: await this.#api.namespace(), names, writes };
    return {
      identity: await this.#api.identity(signal),
      findings: [
        ...(await this.#client.examine(signal)),
        ...accessFindings(await this.#api.rules(signal), needed),
        ...(await surroundingFindings(this.#client, needed, { now: this.#clock.now(), signal })),
      ],
    };
  }

  async write(path: Path, input: WriteInput, write: WriteOptions): Promise<VersionInfo | undefined> {
    const { token, signal } = write;
    if (token !== undefined) {
      throw this.#refuse('unsupported', `cannot tell a repeated write of ${path} from a new one`);
    }
    const place = this.#places.of(path);
    if (place.key !== undefined && Object.keys(input.metadata ?? {}).length > 0) {
      throw this.#refuse('unsupported', `notes nothing about ${path}: all secrets of one Secret share its annotations`);
    }
    const data = input.payload && this.#dataOf(input.payload, place);
    for (let attempt = 1; ; attempt += 1) {
      const secret = await this.#api.read(place.name, signal);
      this.#assertExpected(path, place, secret, input, write);
      const change = this.#changeOf(place, secret, data, input.metadata);
      try {
        const written =
          secret === undefined
            ? this.#api.create(place.name, change, signal)
            : this.#api.patch(place.name, secret.resourceVersion, change, signal);
        return versionOf(await written);
      } catch (error) {
        // Somebody was faster: what is there now is looked at again.
        if (!isKeywardError(error, 'conflict') || attempt === maxAttempts) throw error;
      }
    }
  }

  async remove(ref: Ref, { mode, signal }: CallOptions & { readonly mode: RemoveMode }): Promise<void> {
    const { path, version: wanted } = ref;
    if (mode === 'soft') {
      throw new KeywardError('unsupported', `${this.#name} cannot bring a secret back that was deleted`, {
        store: this.#name,
        path,
        advice: 'Take it away for good: keyward purge',
      });
    }
    const place = this.#places.of(path);
    const secret = await this.#find(place, signal);
    const isWanted = secret && (wanted === undefined || isVersion(versionOf(secret), wanted));
    if (!secret || !isWanted) throw this.#refuse('not_found', `does not hold ${path}`);
    this.#assertChangeable(secret);
    if (place.key === undefined) return this.#api.remove(place.name, secret.resourceVersion, signal);
    await this.#api.patch(place.name, secret.resourceVersion, { data: new Map([[place.key, null]]) }, signal);
  }

  watch(directory: Directory, onChange: () => void): () => void {
    return watchSecrets({
      api: this.#api,
      name: this.#places.secret,
      clock: this.#clock,
      onChange: (meta) => {
        const path = meta && this.#places.pathOf(meta.name, pathIn(meta.annotations));
        if (path === undefined || path === directory || isBelow(path, directory)) onChange();
      },
    });
  }

  close(): void {
    this.#client.close();
  }

  /** The Secret that holds the path; `undefined` where none does. */
  async #find(place: Place, signal: AbortSignal | undefined): Promise<KubernetesSecret | undefined> {
    const secret = await this.#api.read(place.name, signal);
    if (secret === undefined || (place.key !== undefined && !secret.data.has(place.key))) return undefined;
    this.#places.check(place, pathIn(secret.annotations));
    return secret;
  }

  #payloadIn(secret: KubernetesSecret, place: Place, field: string | undefined): Payload | undefined {
    const bytes = place.key === undefined ? undefined : secret.data.get(place.key);
    if (bytes === undefined) return payloadOfData(secret.data, jsonKeysIn(secret.annotations), field, this.#name);
    const payload = payloadOf(bytes);
    return field === undefined ? payload : narrowToField(payload, field);
  }

  async #paths(signal: AbortSignal | undefined): Promise<readonly Path[]> {
    const { secret } = this.#places;
    if (secret !== undefined) {
      const keys = (await this.#api.read(secret, signal))?.data.keys() ?? [];
      return [...keys].flatMap((key) => this.#places.pathOf(key, undefined) ?? []);
    }
    const there = (await this.#api.list(signal)).filter(({ isBeingDeleted }) => !isBeingDeleted);
    return there.flatMap(({ name, annotations }) => this.#places.pathOf(name, pathIn(annotations)) ?? []);
  }

  #dataOf(payload: Payload, { key }: Place): SecretData {
    // A copy: the caller may overwrite the bytes before they are sent.
    if (key !== undefined) return { data: new Map([[key, payload.bytes.slice()]]), jsonKeys: [] };
    return dataOfPayload(payload, this.#name);
  }

  #changeOf(
    place: Place,
    secret: KubernetesSecret | undefined,
    written: SecretData | undefined,
    metadata: WriteInput['metadata'],
  ): SecretChange {
    const present: ReadonlyMap<string, Uint8Array> = secret?.data ?? new Map();
    // The other keys of the one Secret are other secrets.
    const gone = place.key === undefined && written ? [...present.keys()] : [];
    const data = new Map<string, Uint8Array | null>(gone.map((key) => [key, null]));
    for (const [key, bytes] of written?.data ?? []) data.set(key, bytes);
    let total = 0;
    for (const [, bytes] of new Map<string, Uint8Array | null>([...present, ...data])) total += bytes?.length ?? 0;
    if (total > maxDataBytes) {
      throw this.#refuse(
        'too_large',
        `takes at most ${maxDataBytes} bytes in a Secret, and ${place.name} would have ${total}`,
      );
    }
    if (place.key !== undefined) return { data };
    const notes = { path: place.kept, jsonKeys: written?.jsonKeys, metadata };
    return { data, annotations: annotationsFor(secret?.annotations ?? new Map(), notes, this.#name) };
  }

  #assertExpected(
    path: Path,
    place: Place,
    secret: KubernetesSecret | undefined,
    { payload, ifMetadata }: WriteInput,
    { ifVersion }: WriteOptions,
  ): void {
    const isThere = secret !== undefined && (place.key === undefined || secret.data.has(place.key));
    const expected = ifVersion === 0 ? undefined : ifVersion;
    if (ifVersion !== undefined && (isThere ? secret.resourceVersion : undefined) !== expected?.toString()) {
      throw this.#refuse('conflict', `holds another version of ${path} than the one that was expected`);
    }
    if (payload === undefined && !isThere) throw this.#refuse('not_found', `does not hold ${path}`);
    const notes = isThere ? metadataOf(place, secret) : {};
    assertMetadata(path, new Map(Object.entries(notes)), ifMetadata);
    if (secret === undefined) return;
    this.#places.check(place, pathIn(secret.annotations));
    this.#assertChangeable(secret);
  }

  #assertChangeable({ name, type, isImmutable }: KubernetesSecret): void {
    const refuse = (problem: string, advice: string) =>
      new KeywardError('unsupported', `${this.#name} ${problem}`, { store: this.#name, advice });
    if (type === 'kubernetes.io/service-account-token') {
      throw refuse(`leaves ${name} alone: the cluster itself keeps a token in it`, 'Use another path.');
    }
    if (!isImmutable) return;
    throw refuse(
      `cannot change ${name}: the Secret is immutable`,
      `Write another path, or make it anew: kubectl delete secret ${name}`,
    );
  }

  #refuse(code: ErrorCode, problem: string): KeywardError {
    return new KeywardError(code, `${this.#name} ${problem}`, { store: this.#name });
  }
}

function versionOf({ resourceVersion, changedAt, isBeingDeleted }: ObjectMeta): VersionInfo {
  return {
    number: undefined,
    id: resourceVersion,
    createdAt: changedAt,
    state: isBeingDeleted ? 'deleted' : 'live',
    stages: [currentStage],
    size: undefined,
  };
}

/** Ids read like numbers here. */
function isVersion(version: VersionInfo, wanted: VersionSelector): boolean {
  return wanted.kind === 'number' ? String(wanted.number) === version.id : isSelected(version, wanted);
}

function metadataOf({ key }: Place, { annotations }: ObjectMeta): Readonly<Record<string, string>> {
  return key === undefined ? metadataIn(annotations) : {};
}
