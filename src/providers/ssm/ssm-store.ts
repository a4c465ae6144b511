import type { Parameter, SSMClient } from '@aws-sdk/client-ssm';
import { awsDiagnosis } from '../../clients/aws/aws-diagnosis.js';
import { AwsRefusal, askAws, isRefusal, refusalOf } from '../../clients/aws/aws-failure.js';
import { type AwsPlace, awsClientConfig, withoutWarning } from '../../clients/aws/aws-settings.js';
import { systemClock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { importOptional } from '../../core/import-optional.js';
import { type Directory, joinPath, type Path, parsePath, pathProblem } from '../../core/path.js';
import { payloadText, textPayload } from '../../core/payload.js';
import type { CallOptions, Diagnosis, Needs, RemoveMode, WriteInput, WriteOptions } from '../../core/provider.js';
import { currentStage, previousStage, type Ref } from '../../core/ref.js';
import type { RemoteStore } from '../../core/remote-provider.js';
import type { SecretDescription, SecretVersion, VersionInfo } from '../../core/version.js';
import { maxValueBytes, parameterProblem } from './parameter-name.js';
import { ssmErrors } from './ssm-errors.js';

type Sdk = typeof import('@aws-sdk/client-ssm');
type Signal = AbortSignal | undefined;
type Answer = SecretVersion | undefined | KeywardError;

export interface SsmStoreOptions {
  /** Of the provider, for messages. */
  readonly name: string;
  /** Stands before every path. */
  readonly prefix: Directory;
  readonly place: AwsPlace;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const batchSize = 10;
const pageSize = 50;
/** A service that answers more pages than this would keep a listing going for ever. */
const maxPages = 10_000;
const noNotes = {};

/** The store behind the provider; signs in at the first request. @throws KeywardError `config` without the SDK */
export async function connectSsm(options: SsmStoreOptions): Promise<RemoteStore> {
  const { name, place, env } = options;
  const sdk = await importOptional('@aws-sdk/client-ssm', 'the provider ssm', () => import('@aws-sdk/client-ssm'));
  return new SsmStore(
    options,
    sdk,
    withoutWarning(() => new sdk.SSMClient(awsClientConfig(place, env, name))),
  );
}

class SsmStore implements RemoteStore {
  readonly #name: string;
  readonly #prefix: Directory;
  readonly #sdk: Sdk;
  readonly #client: SSMClient;

  constructor({ name, prefix }: SsmStoreOptions, sdk: Sdk, client: SSMClient) {
    this.#name = name;
    this.#prefix = prefix;
    this.#sdk = sdk;
    this.#client = client;
  }

  async read({ path, version }: Ref, { signal }: CallOptions): Promise<SecretVersion | undefined> {
    if (version?.kind === 'number') return this.#get(path, String(version.number), signal);
    const stage = version?.kind === 'id' ? version.id : (version?.stage ?? currentStage);
    if (stage === currentStage) return this.#get(path, undefined, signal);
    if (stage !== previousStage) return this.#get(path, stage, signal);
    const number = (await this.#get(path, undefined, signal))?.version?.number ?? 1;
    const found = number < 2 ? undefined : await this.#get(path, String(number - 1), signal);
    return found?.version && { ...found, version: { ...found.version, stages: [previousStage] } };
  }

  async readMany(refs: readonly Ref[], call: CallOptions): Promise<readonly Answer[]> {
    const paths = [...new Set(refs.flatMap(({ path, version }) => (version === undefined ? [path] : [])))];
    const batches: Path[][] = [];
    while (paths.length > 0) batches.push(paths.splice(0, batchSize));
    const known = new Map((await Promise.all(batches.map((batch) => this.#readBatch(batch, call.signal)))).flat());
    return Promise.all(
      refs.map((ref) =>
        ref.version === undefined && known.has(ref.path) ? known.get(ref.path) : this.read(ref, call).catch(asAnswer),
      ),
    );
  }

  async *list(directory: Directory, { signal }: CallOptions): AsyncIterable<Path> {
    const start = directory === '' ? this.#rootName() : this.#nativeName(directory);
    if (directory !== '') yield* this.#listed({ Key: 'Name', Option: 'Equals', Values: [start] }, signal);
    yield* this.#listed({ Key: 'Path', Option: 'Recursive', Values: [start] }, signal);
  }

  async describe(path: Path, { signal }: CallOptions): Promise<SecretDescription | undefined> {
    const Name = this.#nativeName(path);
    const versions: VersionInfo[] = [];
    let token: string | undefined;
    try {
      do {
        const input = { Name, WithDecryption: false, MaxResults: pageSize, ...(token && { NextToken: token }) };
        const page = await this.#ask('GetParameterHistory', Name, signal, (options) =>
          this.#client.send(new this.#sdk.GetParameterHistoryCommand(input), options),
        );
        for (const { Version: number, LastModifiedDate: createdAt, Labels = [] } of page.Parameters ?? []) {
          if (number === undefined) throw this.#malformed(Name);
          versions.push({ number, id: String(number), createdAt, state: 'live', stages: Labels, size: undefined });
        }
        if (page.Parameters === undefined || (token !== undefined && page.NextToken === token)) {
          throw this.#malformed(Name);
        }
        token = page.NextToken;
      } while (token);
    } catch (error) {
      if (isRefusal(error, 'ParameterNotFound')) return undefined;
      throw error;
    }
    versions.sort((a, b) => (b.number ?? 0) - (a.number ?? 0));
    const staged = versions.map((version, at) => {
      const own = at === 0 ? [currentStage] : at === 1 ? [previousStage] : [];
      return { ...version, stages: [...own, ...version.stages] };
    });
    const [newest, oldest] = [versions[0], versions.at(-1)];
    if (newest === undefined) return undefined;
    const { createdAt: updatedAt, number: current } = newest;
    return { path, metadata: noNotes, versions: staged, current, createdAt: oldest?.createdAt, updatedAt };
  }

  async inspect({ signal }: CallOptions): Promise<readonly Finding[]> {
    try {
      const page = await this.#ask('DescribeParameters', '*', signal, (options) =>
        this.#client.send(new this.#sdk.DescribeParametersCommand({ MaxResults: 1 }), options),
      );
      if (!Array.isArray(page.Parameters)) throw this.#malformed('*');
    } catch (error) {
      // Who is known and may not list can still read.
      if (!isRefusal(error, 'AccessDeniedException')) throw error;
    }
    return [];
  }

  diagnose({ refs }: Needs, { signal }: CallOptions): Promise<Diagnosis> {
    const describe = async (Name: string) => {
      try {
        const command = new this.#sdk.GetParameterCommand({ Name, WithDecryption: false });
        await this.#ask('GetParameter', Name, signal, (options) => this.#client.send(command, options));
      } catch (error) {
        if (!isRefusal(error, 'ParameterNotFound')) throw error;
      }
    };
    return awsDiagnosis(this.#client.config, {
      store: this.#name,
      names: refs.map(({ path }) => this.#nativeName(path)),
      describe,
      action: 'ssm:GetParameter',
      clock: systemClock,
      signal,
    });
  }

  async write(path: Path, { payload, metadata }: WriteInput, write: WriteOptions): Promise<VersionInfo | undefined> {
    const { ifVersion, token, signal } = write;
    if (ifVersion !== undefined) throw this.#refuse('unsupported', `has no check-and-set for ${path}`);
    if (token !== undefined)
      throw this.#refuse('unsupported', `cannot tell a repeated write of ${path} from a new one`);
    if (metadata !== undefined && Object.keys(metadata).length > 0) {
      throw this.#refuse('unsupported', `keeps no notes of ${path}`);
    }
    if (payload === undefined) return undefined;
    const { length } = payload.bytes;
    if (payload.kind === 'binary' || length === 0) {
      throw this.#refuse('unsupported', `holds texts that are not empty, and the value of ${path} is none`);
    }
    if (length > maxValueBytes) {
      throw this.#refuse('too_large', `holds at most ${maxValueBytes} bytes, and the value of ${path} has ${length}`);
    }
    const Name = this.#nativeName(path);
    const command = new this.#sdk.PutParameterCommand({
      Name,
      Value: payloadText(payload),
      Type: 'SecureString',
      Overwrite: true,
      // Above 4 KiB a parameter has to be an advanced one, and one that is stays one.
      Tier: 'Intelligent-Tiering',
    });
    const { Version: number } = await this.#ask('PutParameter', Name, signal, (options) =>
      this.#client.send(command, options),
    );
    if (number === undefined) throw this.#malformed(Name);
    return { number, id: String(number), createdAt: undefined, state: 'live', stages: [currentStage], size: length };
  }

  async remove({ path, version }: Ref, { mode, signal }: CallOptions & { readonly mode: RemoveMode }): Promise<void> {
    if (mode !== 'purge' || version !== undefined) {
      throw this.#refuse('unsupported', `deletes parameters for good and as a whole only, not so ${path}`);
    }
    const Name = this.#nativeName(path);
    await this.#ask('DeleteParameter', Name, signal, (options) =>
      this.#client.send(new this.#sdk.DeleteParameterCommand({ Name }), options),
    );
  }

  close(): void {
    this.#client.destroy();
  }

  /** @param selector A version or a label. */
  async #get(path: Path, selector: string | undefined, signal: Signal): Promise<SecretVersion | undefined> {
    const name = this.#nativeName(path);
    const Name = selector === undefined ? name : `${name}:${selector}`;
    try {
      const { Parameter } = await this.#ask('GetParameter', name, signal, (options) =>
        this.#client.send(new this.#sdk.GetParameterCommand({ Name, WithDecryption: true }), options),
      );
      return this.#versionOf(path, Parameter, selector === undefined ? [currentStage] : labelsOf(selector));
    } catch (error) {
      if (isRefusal(error, 'ParameterNotFound', 'ParameterVersionNotFound')) return undefined;
      throw error;
    }
  }

  async #readBatch(paths: readonly Path[], signal: Signal): Promise<readonly (readonly [Path, Answer])[]> {
    try {
      const byName = new Map(paths.map((path) => [this.#nativeName(path), path]));
      const command = new this.#sdk.GetParametersCommand({ Names: [...byName.keys()], WithDecryption: true });
      const found = await this.#ask('GetParameters', `${paths.length} parameters`, signal, (options) =>
        this.#client.send(command, options),
      );
      const known = (found.Parameters ?? []).flatMap((parameter): [Path, Answer][] => {
        const path = byName.get(parameter.Name ?? '');
        return path === undefined ? [] : [[path, this.#versionOf(path, parameter, [currentStage])]];
      });
      const absent = (found.InvalidParameters ?? []).flatMap((name): [Path, Answer][] => {
        const path = byName.get(name);
        return path === undefined ? [] : [[path, undefined]];
      });
      return [...known, ...absent];
    } catch (error) {
      // One of them may be the reason; by themselves the others are answered.
      if (isKeywardError(error, 'denied', 'invalid')) return [];
      const answer = asAnswer(error);
      return paths.map((path) => [path, answer]);
    }
  }

  async *#listed(filter: { Key: string; Option: string; Values: string[] }, signal: Signal): AsyncIterable<Path> {
    const root = this.#rootName();
    let token: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const input = { ParameterFilters: [filter], MaxResults: pageSize, ...(token && { NextToken: token }) };
      const { Parameters, NextToken } = await this.#ask('DescribeParameters', '*', signal, (options) =>
        this.#client.send(new this.#sdk.DescribeParametersCommand(input), options),
      );
      if (!Array.isArray(Parameters) || (token !== undefined && NextToken === token)) throw this.#malformed('*');
      for (const { Name = '' } of Parameters) {
        const path = Name.slice(root === '/' ? 1 : root.length + 1);
        // Names that are no paths can be kept there by others; nothing here can ask for them.
        if (Name.startsWith(root) && pathProblem(path) === undefined) yield parsePath(path);
      }
      token = NextToken;
      if (!token) return;
    }
    throw this.#refuse('too_large', `answers with more than ${maxPages} pages`);
  }

  #versionOf(path: Path, parameter: Parameter | undefined, stages: readonly string[]): SecretVersion {
    const { Name, Value, Version: number, LastModifiedDate: createdAt } = parameter ?? {};
    const name = this.#nativeName(path);
    if (Name === undefined || Value === undefined || number === undefined) throw this.#malformed(name);
    if (Name !== name) throw this.#refuse('integrity', `answers for another parameter than ${name}`);
    const payload = textPayload(Value);
    const size = payload.bytes.length;
    return {
      path,
      payload,
      version: { number, id: String(number), createdAt, state: 'live', stages, size },
      metadata: noNotes,
    };
  }

  #rootName(): string {
    return this.#prefix === '' ? '/' : `/${this.#prefix}`;
  }

  /** What the parameter is called. @throws KeywardError `invalid` when it cannot be called so. */
  #nativeName(path: Path): string {
    const name = `/${joinPath(this.#prefix, path)}`;
    const problem = parameterProblem(name);
    if (problem === undefined) return name;
    throw new KeywardError('invalid', `${this.#name} cannot have a parameter called ${name}: ${problem}`, {
      store: this.#name,
      path,
      advice: 'Use another path, or limit the link with `serves`.',
    });
  }

  #malformed(name: string): KeywardError {
    return refusalOf(this.#name, { action: 'a request', on: name }, 'invalid', new AwsRefusal('not its form'));
  }

  #refuse(code: 'unsupported' | 'too_large' | 'integrity', problem: string): KeywardError {
    return new KeywardError(code, `${this.#name} ${problem}`, { store: this.#name });
  }

  #ask<T>(
    operation: string,
    on: string,
    signal: Signal,
    send: (options: { readonly abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const meanings = { store: this.#name, errors: ssmErrors };
    return askAws(meanings, { action: `ssm:${operation}`, on, signal }, send);
  }
}

function labelsOf(selector: string): readonly string[] {
  return /^[0-9]+$/.test(selector) ? [] : [selector];
}

function asAnswer(error: unknown): KeywardError {
  if (isKeywardError(error)) return error;
  throw error;
}
