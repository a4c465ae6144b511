import { randomUUID } from 'node:crypto';
import type { DescribeSecretCommandOutput, SecretValueEntry } from '@aws-sdk/client-secrets-manager';
import { awsErrors } from '../../clients/aws/aws-errors.js';
import { isRefusal } from '../../clients/aws/aws-failure.js';
import type { AwsPlace } from '../../clients/aws/aws-settings.js';
import { metadataOfTags, payloadOfValue, secretValueOf, type Tag, tagsOf } from '../../clients/aws/secret-value.js';
import { SecretsApi, type Which } from '../../clients/aws/secrets-api.js';
import { currentLabel, idWith, labelOf, stagesOf } from '../../clients/aws/stages.js';
import { type Clock, sleep, systemClock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { ManagedRotation } from '../../core/managed-rotation.js';
import { assertMetadata, halfWritten } from '../../core/metadata.js';
import { type Directory, joinPath, type Path, parsePath, pathProblem, quoted } from '../../core/path.js';
import type { CallOptions, Diagnosis, Needs, RemoveMode, WriteInput, WriteOptions } from '../../core/provider.js';
import { currentStage, type Ref } from '../../core/ref.js';
import type { RemoteStore } from '../../core/remote-provider.js';
import type { SecretDescription, SecretVersion, VersionInfo, VersionKey } from '../../core/version.js';
import { awsRotation } from './aws-rotation.js';
import { writeValue } from './write-value.js';

type Signal = AbortSignal | undefined;
type Answer = SecretVersion | undefined | KeywardError;

export interface AwsStoreOptions {
  /** Of the provider, for messages. */
  readonly name: string;
  /** Stands before every path. */
  readonly prefix: Directory;
  readonly place: AwsPlace;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock?: Clock | undefined;
}

const batchSize = 20;
/** For how long nothing is asked in batches once that was refused. */
const batchPauseMs = 300_000;
const maxNameLength = 512;
/** What a ref cannot tell from a stage is an id if it is at least this long. */
const minIdLength = 32;
/** How often it is looked whether a secret is gone, and the pause between. */
const purgeLooks = 20;
const purgePauseMs = 500;

/** The store behind the provider; signs in at the first request. @throws KeywardError `config` without the SDK */
export async function connectAws(options: AwsStoreOptions): Promise<RemoteStore> {
  const { name, place, env } = options;
  return new AwsStore(options, await SecretsApi.connect(name, place, env));
}

class AwsStore implements RemoteStore {
  readonly rotation: ManagedRotation;
  readonly #name: string;
  readonly #prefix: Directory;
  readonly #service: SecretsApi;
  readonly #clock: Clock;
  #batchesFromMs = Number.NEGATIVE_INFINITY;

  constructor({ name, prefix, clock = systemClock }: AwsStoreOptions, service: SecretsApi) {
    this.#name = name;
    this.#clock = clock;
    this.#prefix = prefix;
    this.#service = service;
    this.rotation = awsRotation(name, service, (path) => this.#inside(path));
  }

  async read({ path, version }: Ref, { signal }: CallOptions): Promise<SecretVersion | undefined> {
    // Versions have ids here, and no numbers.
    if (version?.kind === 'number') return undefined;
    if (version?.kind === 'id') return this.#get(path, { VersionId: version.id }, signal);
    const stage = version?.stage ?? currentStage;
    const found = await this.#get(path, { VersionStage: labelOf(stage) }, signal);
    if (found !== undefined || stage.length < minIdLength) return found;
    return this.#get(path, { VersionId: stage }, signal);
  }

  async readMany(refs: readonly Ref[], call: CallOptions): Promise<readonly Answer[]> {
    const paths = [...new Set(refs.flatMap(({ path, version }) => (version === undefined ? [path] : [])))];
    const batches: Path[][] = [];
    while (paths.length > 0) batches.push(paths.splice(0, batchSize));
    const answers = await Promise.all(batches.map((batch) => this.#readBatch(batch, call.signal)));
    const known = new Map(answers.flatMap((answer) => [...answer]));
    return Promise.all(
      refs.map((ref) =>
        ref.version === undefined && known.has(ref.path) ? known.get(ref.path) : this.read(ref, call).catch(asAnswer),
      ),
    );
  }

  async *list(directory: Directory, { signal }: CallOptions): AsyncIterable<Path> {
    const start = directory === '' ? this.#prefix : this.#inside(directory);
    for await (const name of this.#service.names(start, signal)) {
      const isBelow = start === '' || name === start || name.startsWith(`${start}/`);
      const path = this.#prefix === '' ? name : name.slice(this.#prefix.length + 1);
      // Names that are no paths can be kept there by others; nothing here can ask for them.
      if (isBelow && pathProblem(path) === undefined) yield parsePath(path);
    }
  }

  async describe(path: Path, { signal }: CallOptions): Promise<SecretDescription | undefined> {
    const found = await this.#service.describe(this.#inside(path), signal);
    if (found === undefined) return undefined;
    const state = found.DeletedDate === undefined ? 'live' : 'deleted';
    const listed = await this.#service.versionsOf(this.#inside(path), signal).catch((error: unknown) => {
      if (isKeywardError(error, 'deleted')) return [];
      throw error;
    });
    const versions = listed.flatMap(({ VersionId: id, CreatedDate: createdAt, VersionStages }): VersionInfo[] => {
      if (id === undefined) return [];
      return [{ number: undefined, id, createdAt, state, stages: stagesOf(VersionStages), size: undefined }];
    });
    const current = idWith(currentLabel, found.VersionIdsToStages);
    versions.sort((a, b) => Number(b.id === current) - Number(a.id === current) || timeOf(b) - timeOf(a));
    return {
      path,
      metadata: metadataOfTags(found.Tags),
      versions,
      current: state === 'live' ? current : undefined,
      createdAt: found.CreatedDate,
      updatedAt: found.LastChangedDate,
    };
  }

  async inspect({ signal }: CallOptions): Promise<readonly Finding[]> {
    try {
      for await (const _ of this.#service.names('', signal, 1)) break;
    } catch (error) {
      // Who is known and may not list can still read.
      if (!isRefusal(error, 'AccessDeniedException')) throw error;
    }
    if (this.#mayBatch()) return [];
    const cause = 'secrets are read one by one, because secretsmanager:BatchGetSecretValue is not permitted';
    return [{ severity: 'warning', where: this.#name, cause, fix: 'Allow it to who asks; its resource is "*".' }];
  }

  diagnose({ refs }: Needs, { signal }: CallOptions): Promise<Diagnosis> {
    const names = refs.map(({ path }) => this.#inside(path));
    return this.#service.diagnose(names, signal);
  }

  async write(path: Path, input: WriteInput, write: WriteOptions): Promise<VersionInfo | undefined> {
    const { token = randomUUID(), signal } = write;
    const { metadata, ifMetadata } = input;
    const ifVersion = this.#idOf(write.ifVersion);
    const value = input.payload && secretValueOf(input.payload, this.#name);
    const tags = metadata && tagsOf(metadata, this.#name);
    const name = this.#inside(path);
    const isLookedAt = value === undefined || tags !== undefined || ifMetadata !== undefined;
    const before = isLookedAt ? await this.#service.describe(name, signal) : undefined;
    assertMetadata(path, new Map(Object.entries(metadataOfTags(before?.Tags))), ifMetadata);
    if (value === undefined) {
      this.#expect(name, before, ifVersion);
      await this.#tag(name, before?.Tags, tags, signal);
      return undefined;
    }
    const done = await writeValue(this.#service, {
      store: this.#name,
      name,
      value,
      token,
      ifVersion,
      tags: tags ?? [],
      signal,
    });
    if (done === 'changed') {
      await this.#tag(name, before?.Tags, tags, signal).catch((error: unknown) => {
        throw halfWritten(error, path, token);
      });
    }
    const size = input.payload?.bytes.length;
    return { number: undefined, id: token, createdAt: undefined, state: 'live', stages: [currentStage], size };
  }

  async remove({ path, version }: Ref, { mode, signal }: CallOptions & { readonly mode: RemoveMode }): Promise<void> {
    const name = this.#inside(path);
    if (mode === 'destroy' || version !== undefined) throw this.#wholeOnly('remove', path);
    if (mode === 'soft') return this.#service.delete(name, false, signal);
    // The service also deletes for good what it does not know.
    if ((await this.#service.describe(name, signal)) === undefined) throw this.#absent(name);
    await this.#service.delete(name, true, signal);
    for (let look = 0; look < purgeLooks; look += 1) {
      if ((await this.#service.describe(name, signal)) === undefined) return;
      await sleep(this.#clock, purgePauseMs, signal);
    }
  }

  async restore({ path, version }: Ref, { signal }: CallOptions): Promise<void> {
    const name = this.#inside(path);
    const isWhole = version === undefined || (version.kind === 'stage' && version.stage === currentStage);
    if (!isWhole) {
      const found = await this.#service.describe(name, signal);
      if (found?.DeletedDate === undefined) throw this.#wholeOnly('restore', path);
    }
    await this.#service.restore(name, signal);
  }

  async stage(path: Path, stage: string, version: VersionKey | undefined, write: WriteOptions): Promise<void> {
    const { signal } = write;
    const name = this.#inside(path);
    const [to, ifVersion] = [this.#idOf(version), this.#idOf(write.ifVersion)];
    const before = await this.#service.describe(name, signal);
    this.#expect(name, before, ifVersion);
    const label = labelOf(stage);
    const from = idWith(label, before?.VersionIdsToStages);
    if (from === to) return;
    await this.#service.moveLabel(name, label, { to: to === 0 ? undefined : to, from }, signal);
  }

  close(): void {
    this.#service.close();
  }

  async #get(path: Path, which: Which, signal: Signal): Promise<SecretVersion | undefined> {
    const name = this.#inside(path);
    const found = await this.#service.get(name, which, signal);
    return found && this.#versionOf(path, name, found);
  }

  #mayBatch(): boolean {
    return this.#clock.monotonic() >= this.#batchesFromMs;
  }

  /** What the service said of each; those of which it said nothing that can be told apart are missing. */
  async #readBatch(paths: readonly Path[], signal: Signal): Promise<ReadonlyMap<Path, Answer>> {
    if (paths.length < 2 || !this.#mayBatch()) return new Map();
    const byName = new Map(paths.map((path) => [this.#inside(path), path]));
    try {
      const { SecretValues = [], Errors = [] } = await this.#service.getMany([...byName.keys()], signal);
      const answers = new Map<Path, Answer>();
      for (const entry of SecretValues) {
        const path = byName.get(entry.Name ?? '');
        if (path !== undefined) answers.set(path, this.#versionOf(path, this.#inside(path), entry));
      }
      for (const { SecretId = '', ErrorCode = '' } of Errors) {
        const path = byName.get(SecretId);
        // A refusal that has several meanings is asked for again by itself.
        const code = ErrorCode === 'InvalidRequestException' ? undefined : awsErrors.get(ErrorCode);
        if (path === undefined || code === undefined) continue;
        answers.set(
          path,
          code === 'not_found' ? undefined : this.#service.refusal('GetSecretValue', SecretId, code, ErrorCode),
        );
      }
      return answers;
    } catch (error) {
      if (isRefusal(error, 'AccessDeniedException')) {
        this.#batchesFromMs = this.#clock.monotonic() + batchPauseMs;
        return new Map();
      }
      const answer = asAnswer(error);
      return new Map(paths.map((path) => [path, answer]));
    }
  }

  #versionOf(path: Path, name: string, entry: SecretValueEntry): SecretVersion {
    const { VersionId: id, CreatedDate: createdAt, VersionStages } = entry;
    const payload = payloadOfValue(entry);
    if (id === undefined || createdAt === undefined || payload === undefined)
      throw this.#service.malformed('GetSecretValue', name);
    const size = payload.bytes.length;
    const version: VersionInfo = {
      number: undefined,
      id,
      createdAt,
      state: 'live',
      stages: stagesOf(VersionStages),
      size,
    };
    return { path, payload, version, metadata: undefined };
  }

  /** @throws KeywardError `not_found`, `deleted`, and `conflict` when another version is the current one. */
  #expect(name: string, found: DescribeSecretCommandOutput | undefined, ifVersion: string | 0 | undefined): void {
    if (found === undefined) throw this.#absent(name);
    if (found.DeletedDate !== undefined) throw this.#service.deleted(name);
    if (ifVersion === undefined || ifVersion === (idWith(currentLabel, found.VersionIdsToStages) ?? 0)) return;
    throw new KeywardError(
      'conflict',
      `${this.#name} holds another version of ${name} than the one that was expected`,
      {
        store: this.#name,
      },
    );
  }

  async #tag(name: string, before: readonly Tag[] | undefined, tags: readonly Tag[] | undefined, signal: Signal) {
    if (tags === undefined) return;
    const held = metadataOfTags(before);
    const wanted = new Set(tags.map(({ Key }) => Key));
    const set = tags.filter(({ Key = '', Value }) => held[Key] !== Value);
    await this.#service.tag(
      name,
      set,
      Object.keys(held).filter((key) => !wanted.has(key)),
      signal,
    );
  }

  #idOf(key: VersionKey | undefined): string | 0 | undefined {
    if (typeof key !== 'number' || key === 0) return key;
    throw new KeywardError('invalid', `${this.#name} tells versions apart by ids; it has none with a number`, {
      store: this.#name,
    });
  }

  /** What the secret is called in the service. @throws KeywardError `invalid` for one that is too long. */
  #inside(path: Path): string {
    const name = joinPath(this.#prefix, path);
    if (name.length <= maxNameLength) return name;
    throw new KeywardError('invalid', `${quoted(name)} is longer than the ${maxNameLength} characters of a name`, {
      store: this.#name,
      path,
    });
  }

  #absent(name: string): KeywardError {
    return new KeywardError('not_found', `${this.#name} does not hold ${name}`, { store: this.#name });
  }

  #wholeOnly(what: string, path: Path): KeywardError {
    return new KeywardError('unsupported', `${this.#name} cannot ${what} one version of ${path}`, {
      store: this.#name,
      advice: 'The service lets go of versions by itself; a secret is deleted, restored and purged as a whole.',
    });
  }
}

function timeOf({ createdAt }: VersionInfo): number {
  return createdAt?.getTime() ?? 0;
}

function asAnswer(error: unknown): KeywardError {
  if (isKeywardError(error)) return error;
  throw error;
}
