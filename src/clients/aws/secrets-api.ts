import type {
  BatchGetSecretValueCommandOutput,
  DescribeSecretCommandOutput,
  GetSecretValueCommandOutput,
  RotateSecretCommandInput,
  SecretsManagerClient,
  SecretVersionsListEntry,
} from '@aws-sdk/client-secrets-manager';
import { systemClock } from '../../core/clock.js';
import { type ErrorCode, isKeywardError, KeywardError } from '../../core/errors.js';
import { importOptional } from '../../core/import-optional.js';
import type { Diagnosis } from '../../core/provider.js';
import { awsDiagnosis } from './aws-diagnosis.js';
import { awsErrors, awsTexts } from './aws-errors.js';
import { AwsRefusal, askAws, isRefusal, refusalOf } from './aws-failure.js';
import { type AwsPlace, awsClientConfig, withoutWarning } from './aws-settings.js';
import type { SecretValue, Tag } from './secret-value.js';

type Sdk = typeof import('@aws-sdk/client-secrets-manager');
type Signal = AbortSignal | undefined;

/** A version by its id, or by a label that it has. */
export type Which = { readonly VersionId: string } | { readonly VersionStage: string };

export interface NewValue {
  readonly value: SecretValue;
  /** Becomes the version's id; the same value with the same token makes no second one. */
  readonly token: string;
}

/** What the service is told of a rotation. */
export type NewRotation = Pick<RotateSecretCommandInput, 'RotationLambdaARN' | 'RotationRules' | 'RotateImmediately'>;

const largestPage = 100;
/** A service that answers more pages than this would keep a listing going for ever. */
const maxPages = 10_000;
const recoveryDays = 30;

/** The calls of the service, by the names of its secrets. Each throws as `askAws`. */
export class SecretsApi {
  readonly #store: string;
  readonly #sdk: Sdk;
  readonly #client: SecretsManagerClient;

  private constructor(store: string, sdk: Sdk, client: SecretsManagerClient) {
    this.#store = store;
    this.#sdk = sdk;
    this.#client = client;
  }

  /** @throws KeywardError `config` without the SDK */
  static async connect(
    store: string,
    place: AwsPlace,
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<SecretsApi> {
    const sdk = await importOptional(
      '@aws-sdk/client-secrets-manager',
      'AWS Secrets Manager',
      () => import('@aws-sdk/client-secrets-manager'),
    );
    const client = withoutWarning(() => new sdk.SecretsManagerClient(awsClientConfig(place, env, store)));
    return new SecretsApi(store, sdk, client);
  }

  /** `undefined` when there is no such secret, or it has no such version. @throws KeywardError `deleted` */
  async get(name: string, which: Which, signal: Signal): Promise<GetSecretValueCommandOutput | undefined> {
    const command = new this.#sdk.GetSecretValueCommand({ SecretId: name, ...which });
    try {
      const found = await this.#ask('GetSecretValue', name, signal, (options) => this.#client.send(command, options));
      this.assertName(name, found.Name);
      return found;
    } catch (error) {
      if (isRefusal(error, 'ResourceNotFoundException')) return undefined;
      const isUnclear = isKeywardError(error, 'invalid') && isRefusal(error, 'InvalidRequestException');
      if (isUnclear && (await this.#isDeleted(name, signal))) throw this.deleted(name);
      throw error;
    }
  }

  /** The current versions of at most 20 secrets, and what is wrong with others. */
  getMany(names: readonly string[], signal: Signal): Promise<BatchGetSecretValueCommandOutput> {
    const command = new this.#sdk.BatchGetSecretValueCommand({ SecretIdList: [...names] });
    const on = `${names.length} secrets`;
    return this.#ask('BatchGetSecretValue', on, signal, (options) => this.#client.send(command, options));
  }

  /** All but the values, also of a secret that waits for its deletion; `undefined` when there is none. */
  async describe(name: string, signal: Signal): Promise<DescribeSecretCommandOutput | undefined> {
    const command = new this.#sdk.DescribeSecretCommand({ SecretId: name });
    const asked = this.#ask('DescribeSecret', name, signal, (options) => this.#client.send(command, options));
    const found = await unlessAbsent(asked);
    if (found !== undefined) this.assertName(name, found.Name);
    return found;
  }

  /** Every version that is kept, in no particular order. */
  async versionsOf(name: string, signal: Signal): Promise<readonly SecretVersionsListEntry[]> {
    const versions: SecretVersionsListEntry[] = [];
    const pages = this.#pages((page) => {
      const command = new this.#sdk.ListSecretVersionIdsCommand({ SecretId: name, IncludeDeprecated: true, ...page });
      return this.#ask('ListSecretVersionIds', name, signal, (options) => this.#client.send(command, options));
    });
    for await (const page of pages) {
      this.assertName(name, page.Name);
      versions.push(...(page.Versions ?? []));
    }
    return versions;
  }

  /** The names that begin like this; all without it. Those that wait for their deletion are left out. */
  async *names(start: string, signal: Signal, pageSize?: number): AsyncIterable<string> {
    const filters = start === '' ? {} : { Filters: [{ Key: 'name' as const, Values: [start] }] };
    const pages = this.#pages((page) => {
      const command = new this.#sdk.ListSecretsCommand({ ...filters, ...page });
      return this.#ask('ListSecrets', '*', signal, (options) => this.#client.send(command, options));
    }, pageSize);
    for await (const { SecretList } of pages) {
      if (!Array.isArray(SecretList)) throw this.malformed('ListSecrets', start);
      for (const { Name } of SecretList) if (Name?.startsWith(start)) yield Name;
    }
  }

  async create(name: string, { value, token }: NewValue, tags: readonly Tag[], signal: Signal): Promise<string> {
    const command = new this.#sdk.CreateSecretCommand({
      Name: name,
      ClientRequestToken: token,
      ...value,
      ...(tags.length > 0 && { Tags: [...tags] }),
    });
    const made = await this.#ask('CreateSecret', name, signal, (options) => this.#client.send(command, options));
    return this.#idIn(name, made);
  }

  /**
   * Adds a version, the current one without a label, and answers with its labels; `undefined` when there is no such secret.
   */
  async put(
    name: string,
    { value, token }: NewValue,
    label: string | readonly string[] | undefined,
    signal: Signal,
  ): Promise<readonly string[] | undefined> {
    const command = new this.#sdk.PutSecretValueCommand({
      SecretId: name,
      ClientRequestToken: token,
      ...(label !== undefined && { VersionStages: [label].flat() }),
      ...value,
    });
    const asked = this.#ask('PutSecretValue', name, signal, (options) => this.#client.send(command, options));
    const put = await unlessAbsent(asked);
    if (put !== undefined) this.#idIn(name, put);
    return put && (put.VersionStages ?? []);
  }

  /** Gives a label to a version, and takes it from the one that is named, which must have it; either may be absent. */
  async moveLabel(
    name: string,
    label: string,
    { to, from }: { readonly to?: string | undefined; readonly from?: string | undefined },
    signal: Signal,
  ): Promise<void> {
    const command = new this.#sdk.UpdateSecretVersionStageCommand({
      SecretId: name,
      VersionStage: label,
      MoveToVersionId: to,
      RemoveFromVersionId: from,
    });
    const done = await this.#ask('UpdateSecretVersionStage', name, signal, (options) =>
      this.#client.send(command, options),
    );
    this.assertName(name, done.Name);
  }

  /** Sets and takes away tags; others stay. */
  async tag(name: string, set: readonly Tag[], taken: readonly string[], signal: Signal): Promise<void> {
    if (set.length > 0) {
      const command = new this.#sdk.TagResourceCommand({ SecretId: name, Tags: [...set] });
      await this.#ask('TagResource', name, signal, (options) => this.#client.send(command, options));
    }
    if (taken.length === 0) return;
    const command = new this.#sdk.UntagResourceCommand({ SecretId: name, TagKeys: [...taken] });
    await this.#ask('UntagResource', name, signal, (options) => this.#client.send(command, options));
  }

  /** With its recovery window, or for good. @throws KeywardError `not_found` */
  async delete(name: string, isForGood: boolean, signal: Signal): Promise<void> {
    const how = isForGood ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: recoveryDays };
    const command = new this.#sdk.DeleteSecretCommand({ SecretId: name, ...how });
    const done = await this.#ask('DeleteSecret', name, signal, (options) => this.#client.send(command, options));
    this.assertName(name, done.Name);
  }

  /** @throws KeywardError `not_found` */
  async restore(name: string, signal: Signal): Promise<void> {
    const command = new this.#sdk.RestoreSecretCommand({ SecretId: name });
    const done = await this.#ask('RestoreSecret', name, signal, (options) => this.#client.send(command, options));
    this.assertName(name, done.Name);
  }

  /** Answers the id that the new version will have. @throws KeywardError `not_found` */
  async rotate(name: string, rotation: NewRotation, signal: Signal): Promise<string> {
    const command = new this.#sdk.RotateSecretCommand({ SecretId: name, ...rotation });
    const begun = await this.#ask('RotateSecret', name, signal, (options) => this.#client.send(command, options));
    return this.#idIn(name, begun);
  }

  /** What is to be said of who asks here for these names. */
  diagnose(names: readonly string[], signal: Signal): Promise<Diagnosis> {
    return awsDiagnosis(this.#client.config, {
      store: this.#store,
      names,
      describe: (name) => this.describe(name, signal),
      action: actionOf('DescribeSecret'),
      clock: systemClock,
      signal,
    });
  }

  close(): void {
    this.#client.destroy();
  }

  /**
   * Makes sure that an answer is about the secret that was asked for: the service also finds secrets by parts of their
   * ARN, and what is no answer of the service names none.
   */
  assertName(name: string, answered: string | undefined): void {
    if (answered === name) return;
    if (answered === undefined) throw this.malformed('a request', name);
    throw new KeywardError('integrity', `${this.#store} answers for another secret than ${name}`, {
      store: this.#store,
      advice: 'Check the endpoint; something between it and the service mixes answers up.',
    });
  }

  deleted(name: string): KeywardError {
    return this.refusal('GetSecretValue', name, 'deleted', 'InvalidRequestException');
  }

  /** For an answer that is none of the service's. */
  malformed(operation: string, name: string): KeywardError {
    return this.refusal(operation, name, 'invalid', 'not its form');
  }

  refusal(operation: string, name: string, code: ErrorCode, error: string): KeywardError {
    return refusalOf(this.#store, { action: actionOf(operation), on: name }, code, new AwsRefusal(error));
  }

  #idIn(
    name: string,
    { Name, VersionId }: { readonly Name?: string | undefined; readonly VersionId?: string | undefined },
  ): string {
    this.assertName(name, Name);
    if (VersionId === undefined) throw this.malformed('a request', name);
    return VersionId;
  }

  /** Who may not look stays with what the service said. */
  async #isDeleted(name: string, signal: Signal): Promise<boolean> {
    const found = await this.describe(name, signal).catch(() => undefined);
    return found?.DeletedDate !== undefined;
  }

  async *#pages<Page extends { readonly NextToken?: string | undefined }>(
    ask: (page: { MaxResults: number; NextToken?: string }) => Promise<Page>,
    MaxResults = largestPage,
  ): AsyncIterable<Page> {
    let token: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const answer = await ask({ MaxResults, ...(token !== undefined && { NextToken: token }) });
      yield answer;
      const next = answer.NextToken;
      if (next === undefined || next === '') return;
      if (next === token) throw this.malformed('a listing', '*');
      token = next;
    }
    throw new KeywardError('too_large', `${this.#store} answers with more than ${maxPages} pages`, {
      store: this.#store,
    });
  }

  #ask<T>(
    operation: string,
    on: string,
    signal: Signal,
    send: (options: { readonly abortSignal?: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    const meanings = { store: this.#store, errors: awsErrors, texts: awsTexts };
    return askAws(meanings, { action: actionOf(operation), on, signal }, send);
  }
}

/** As policies name it. */
function actionOf(operation: string): string {
  return `secretsmanager:${operation}`;
}

/** What was asked, unless the service knows no such secret. */
async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isRefusal(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}
