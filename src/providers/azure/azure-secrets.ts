import type { SecretProperties } from '@azure/keyvault-secrets';
import { abortable } from '../../clients/http/abortable.js';
import { type Clock, sleep } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import { type Directory, joinPath, type Path } from '../../core/path.js';
import type { Diagnosis } from '../../core/provider.js';
import { currentStage } from '../../core/ref.js';
import type { NativeNames } from '../../formats/native-names.js';
import type { AzureClient } from './azure-client.js';
import { azureFailure } from './azure-errors.js';
import type { AzureValue } from './azure-payload.js';
import { pathTag } from './azure-tags.js';
import { type AzureVersion, isTied, sortVersions, stagedVersions, versionOf } from './azure-versions.js';

export interface AzureSecretsOptions {
  /** Name of the store, for messages. */
  readonly store: string;
  /** What the vault is called, for the commands of the advice. */
  readonly vaultName: string;
  /** Stands before every path. */
  readonly prefix: Directory;
  readonly names: NativeNames;
  /** Paths whose names the configuration states: those are shared on purpose, and no path is kept beside them. */
  readonly named: ReadonlySet<Path>;
  readonly clock: Clock;
}

type Signal = AbortSignal | undefined;

/** A server that lists more pages than this would keep a listing going for ever; a page holds up to 25. */
const maxPages = 4_000;
/** Key Vault was seen to take up to a minute for what it had accepted. */
const patienceMs = 120_000;
const firstPauseMs = 250;
const longestPauseMs = 2_000;

/** The requests to one vault, by paths. Each method throws as `azureFailure`. */
export class AzureSecrets {
  readonly #options: AzureSecretsOptions;
  readonly #client: AzureClient;

  constructor(options: AzureSecretsOptions, client: AzureClient) {
    this.#options = options;
    this.#client = client;
  }

  /** What the secret is called in the vault. @throws KeywardError `invalid` when no secret there can have such a name. */
  nameOf(path: Path): string {
    return this.#options.names.nameOf(this.#inside(path));
  }

  /** The tag that keeps the path of a name which other paths could have: Key Vault does not tell names by case. */
  pathTagOf(path: Path): Readonly<Record<string, string>> {
    const inside = this.#inside(path);
    const { names, named } = this.#options;
    const isShared = names.isAmbiguous(inside) || /[A-Z]/.test(this.nameOf(path));
    return isShared && !named.has(inside) ? { [pathTag]: inside } : {};
  }

  /**
   * A version with its value, the current one without an id; `undefined` when the vault does not have it, now.
   *
   * @throws KeywardError `deleted` for a disabled one.
   */
  async get(
    path: Path,
    id: string | undefined,
    signal: Signal,
  ): Promise<{ readonly version: AzureVersion; readonly value: string } | undefined> {
    const options = { ...abortedBy(signal), ...(id !== undefined && { version: id }) };
    const found = await unlessAbsent(
      this.#ask(`reading ${path}`, path, signal, (name) => this.#client.secrets.getSecret(name, options)),
    );
    if (found === undefined) return undefined;
    const version = this.#versionOf(found.properties, path, id === undefined ? [currentStage] : []);
    if (typeof found.value !== 'string' || (id ?? version.id) !== version.id) throw this.#malformed(path);
    return { version, value: found.value };
  }

  /** The last version of a secret that was deleted as a whole and is kept; `undefined` when it was not. */
  async deleted(path: Path, signal: Signal): Promise<AzureVersion | undefined> {
    const found = await unlessAbsent(
      this.#ask(`looking for a deleted ${path}`, path, signal, (name) =>
        this.#client.secrets.getDeletedSecret(name, abortedBy(signal)),
      ),
    );
    return found && { ...this.#versionOf(found.properties, path, [currentStage]), state: 'deleted' };
  }

  /** Newest first, with their stages as far as they can be told; none for a secret that is not there. */
  async versions(path: Path, signal: Signal): Promise<readonly AzureVersion[]> {
    const name = this.nameOf(path);
    const pages = this.#client.secrets.listPropertiesOfSecretVersions(name, abortedBy(signal)).byPage();
    const found: AzureVersion[] = [];
    for await (const properties of this.#items(pages, `listing the versions of ${path}`, path, signal)) {
      found.push(this.#versionOf(properties, path, []));
    }
    const sorted = sortVersions(found);
    return stagedVersions(sorted, isTied(sorted, 1) ? await this.#currentOf(sorted, path, signal) : sorted[0]?.id);
  }

  /** Every secret that is not deleted as a whole. */
  all(signal: Signal): AsyncIterable<SecretProperties> {
    const pages = this.#client.secrets.listPropertiesOfSecrets(abortedBy(signal)).byPage();
    return this.#items(pages, 'listing names', undefined, signal);
  }

  /** Resolves when the vault answers, and lets us see names. */
  async probe(signal: Signal): Promise<void> {
    const pages = this.#client.secrets.listPropertiesOfSecrets(abortedBy(signal)).byPage({ maxPageSize: 1 });
    await this.#ask('looking at its names', undefined, signal, () => pages.next());
  }

  /** Signs in first, so that it is known as whom. */
  async diagnose(signal: Signal): Promise<Diagnosis> {
    await this.probe(signal);
    return this.#client.diagnose(signal);
  }

  async set(path: Path, value: AzureValue, tags: Record<string, string>, signal: Signal): Promise<AzureVersion> {
    const { text, contentType } = value;
    const written = await this.#ask(`writing ${path}`, path, signal, (name) =>
      this.#client.secrets.setSecret(name, text, { contentType, tags, ...abortedBy(signal) }),
    );
    return this.#versionOf(written.properties, path, [currentStage]);
  }

  async update(
    path: Path,
    id: string,
    change: { readonly enabled: boolean } | { readonly tags: Record<string, string> },
    signal: Signal,
  ): Promise<void> {
    await this.#ask(`changing ${path}`, path, signal, (name) =>
      this.#client.secrets.updateSecretProperties(name, id, { ...change, ...abortedBy(signal) }),
    );
  }

  /** Deletes the secret and waits until that is done. Whether it is gone for good: not every vault keeps it. */
  async delete(path: Path, signal: Signal): Promise<boolean> {
    const poller = await this.#ask(`deleting ${path}`, path, signal, (name) =>
      this.#client.secrets.beginDeleteSecret(name, abortedBy(signal)),
    );
    if (poller.getResult()?.recoveryId === undefined) return true;
    await this.#settled('deletion', path, signal, async () => (await this.deleted(path, signal)) !== undefined);
    return false;
  }

  /** Brings a deleted secret back and waits until that is done. */
  async recover(path: Path, signal: Signal): Promise<void> {
    await this.#ask(`recovering ${path}`, path, signal, (name) =>
      this.#client.secrets.beginRecoverDeletedSecret(name, abortedBy(signal)),
    );
    await this.#settled('recovery', path, signal, async () => {
      try {
        return (await this.get(path, undefined, signal)) !== undefined;
      } catch (error) {
        // It is back, and disabled.
        if (isKeywardError(error, 'deleted')) return true;
        throw error;
      }
    });
  }

  /** Takes a deleted secret away for good and waits until that is done. */
  async purge(path: Path, signal: Signal): Promise<void> {
    await this.#ask(`purging ${path}`, path, signal, (name) =>
      this.#client.secrets.purgeDeletedSecret(name, abortedBy(signal)),
    );
    await this.#settled('purge', path, signal, async () => (await this.deleted(path, signal)) === undefined);
  }

  /** That the secret is deleted as a whole. */
  isDeleted(path: Path): KeywardError {
    const refusal = { statusCode: 409, code: 'ObjectIsDeletedButRecoverable' };
    return azureFailure(refusal, this.#subject(`looking for ${path}`, path));
  }

  close(): void {
    this.#client.close();
  }

  /** The current one of several of one second; `undefined` when it is disabled, and not the only such one of them. */
  async #currentOf(sorted: readonly AzureVersion[], path: Path, signal: Signal): Promise<string | undefined> {
    try {
      return (await this.get(path, undefined, signal))?.version.id;
    } catch (error) {
      if (!isKeywardError(error, 'deleted')) throw error;
      const newestAt = sorted[0]?.createdAt.getTime();
      const disabled = sorted.filter(({ state, createdAt }) => state === 'deleted' && createdAt.getTime() === newestAt);
      return disabled.length === 1 ? disabled[0]?.id : undefined;
    }
  }

  /** @throws KeywardError `invalid` for the answer of something else, `integrity` for the secret of another path. */
  #versionOf(properties: SecretProperties, path: Path, stages: readonly string[]): AzureVersion {
    const version = versionOf(properties, stages);
    const isAsked = properties.name.toLowerCase() === this.nameOf(path).toLowerCase();
    if (version === undefined || !isAsked) throw this.#malformed(path);
    const kept = properties.tags?.[pathTag];
    const { store, named } = this.#options;
    const inside = this.#inside(path);
    if (kept === undefined || kept === inside || named.has(inside)) return version;
    throw new KeywardError('integrity', `${store} has another secret under the name of ${path}`, {
      store,
      path,
      advice: `Its tag ${pathTag} says which. Name one of the two otherwise, in \`names\`.`,
    });
  }

  /** Waits for what the vault has accepted and goes on with by itself. @throws KeywardError `timeout` */
  async #settled(what: string, path: Path, signal: Signal, isDone: () => Promise<boolean>): Promise<void> {
    const { store, clock } = this.#options;
    const end = clock.monotonic() + patienceMs;
    const unfinished = () =>
      new KeywardError('timeout', `${store} has accepted the ${what} of ${path}, and has not finished it yet`, {
        store,
        path,
        advice: `It goes on there by itself. Wait a minute, then look with: keyward history ${path}`,
      });
    try {
      for (let pauseMs = firstPauseMs; !(await isDone()); pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
        if (clock.monotonic() + pauseMs > end) throw unfinished();
        await sleep(clock, pauseMs, signal);
      }
    } catch (error) {
      throw signal?.aborted === true ? unfinished() : error;
    }
  }

  /** The items of all pages; the package follows the links without the signal. */
  async *#items(
    pages: AsyncIterableIterator<SecretProperties[]>,
    what: string,
    path: Path | undefined,
    signal: Signal,
  ): AsyncIterable<SecretProperties> {
    const { store } = this.#options;
    for (let count = 0; count < maxPages; count += 1) {
      const page = await this.#ask(what, path, signal, () => pages.next());
      if (page.done === true) return;
      yield* page.value;
    }
    throw new KeywardError('too_large', `${store} answers with more than ${maxPages} pages`, { store });
  }

  async #ask<T>(what: string, path: Path | undefined, signal: Signal, act: (name: string) => Promise<T>): Promise<T> {
    const name = path === undefined ? '' : this.nameOf(path);
    try {
      return await abortable(this.#options.store, signal, act(name));
    } catch (error) {
      throw azureFailure(error, this.#subject(what, path));
    }
  }

  #subject(what: string, path: Path | undefined) {
    const { store, vaultName } = this.#options;
    return { store, what, vault: vaultName, name: path && this.nameOf(path) };
  }

  #inside(path: Path): Path {
    return joinPath(this.#options.prefix, path);
  }

  #malformed(path: Path): KeywardError {
    const { store } = this.#options;
    return new KeywardError('invalid', `${store} answered for ${path} in a form that Key Vault does not have`, {
      store,
      path,
    });
  }
}

const abortedBy = (signal: Signal) => (signal === undefined ? {} : { abortSignal: signal });

async function unlessAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isKeywardError(error, 'not_found')) return undefined;
    throw error;
  }
}
