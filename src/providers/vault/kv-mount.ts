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
import type { VaultClient } from '../../clients/vault/vault-client.js';
import { refusalOf } from '../../clients/vault/vault-failure.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Directory, Path } from '../../core/path.js';
import { currentStage } from '../../core/ref.js';
import type { NumberedVersion } from '../../core/version.js';
import { type KvMetadata, readKvMetadata, versionInfo } from './kv-metadata.js';

/** The version of the engine at a mount. */
export type Engine = 1 | 2;

/** An entry as the data endpoint has it. */
export interface KvEntry {
  /** A JSON object; `undefined` when the version was deleted or destroyed. */
  readonly data: string | undefined;
  readonly metadata: Members;
}

export interface KvMountOptions {
  /** Name of the store, for messages. */
  readonly name: string;
  readonly client: VaultClient;
  /** Where the engine is mounted: `secret`, `team/kv`. */
  readonly mount: Path;
  readonly nowMs: () => number;
}

type Signal = AbortSignal | undefined;

/**
 * The endpoints of one key-value engine, with paths below its mount. Each method throws as `VaultClient.request`, and
 * `invalid` for an answer that the engine cannot have given.
 */
export class KvMount {
  readonly #options: KvMountOptions;
  #engine: Promise<Engine> | undefined;

  constructor(options: KvMountOptions) {
    this.#options = options;
  }

  /** The version of the engine, asked once. @throws KeywardError `denied` or `config` when there is none. */
  engine(signal: Signal): Promise<Engine> {
    this.#engine ??= this.#detect().catch((error: unknown) => {
      this.#engine = undefined;
      throw error;
    });
    return abortable(this.#options.name, signal, this.#engine);
  }

  /** @throws KeywardError `unsupported` on the first engine. */
  async assertVersioned(what: string, signal: Signal): Promise<void> {
    if ((await this.engine(signal)) === 2) return;
    const { name, mount } = this.#options;
    throw new KeywardError('unsupported', `${name} cannot ${what}: the engine at ${mount} has no versions`, {
      store: name,
      advice: `Run: vault kv enable-versioning ${mount}`,
    });
  }

  /** The data of an entry of the first engine, a JSON object; `undefined` when there is none. */
  async readUnversioned(path: Path, signal: Signal): Promise<string | undefined> {
    const place = `${escaped(this.#options.mount)}/${escaped(path)}`;
    const answer = await this.#options.client.request({ method: 'GET', path: place, signal });
    if (attestsAbsence(answer)) return undefined;
    const data = answer.status === 200 ? answer.members.get('data') : undefined;
    if (data === undefined || data.isString || !data.text.startsWith('{')) {
      throw this.#unexpected(answer, `reading ${place}`);
    }
    return data.text;
  }

  /** A version of an entry, the newest without a number; `undefined` when there is none. */
  async readVersion(path: Path, number: number | undefined, signal: Signal): Promise<KvEntry | undefined> {
    const place = this.#place('data', path);
    const query = number === undefined ? '' : `?version=${number}`;
    const answer = await this.#options.client.request({ method: 'GET', path: place + query, signal });
    if (attestsAbsence(answer)) return undefined;
    const outer = objectIn(answer.members, 'data');
    const metadata = outer && objectIn(outer, 'metadata');
    const data = outer?.get('data');
    const isDeleted = answer.status === 404 && data?.text === 'null';
    if ((answer.status !== 200 && !isDeleted) || metadata === undefined || data === undefined || data.isString) {
      throw this.#unexpected(answer, `reading ${place}`);
    }
    if (!isDeleted && !data.text.startsWith('{')) throw this.malformed(path);
    return { data: isDeleted ? undefined : data.text, metadata };
  }

  /** The names in a folder, those of folders with a slash at their end; none for a folder that is not there. */
  async keysIn(folder: Directory, signal: Signal): Promise<readonly string[]> {
    const mount = escaped(this.#options.mount);
    const root = (await this.engine(signal)) === 2 ? `${mount}/metadata` : mount;
    const path = `${root}${folder === '' ? '' : `/${escaped(folder)}`}?list=true`;
    const answer = await this.#options.client.request({ method: 'GET', path, signal });
    if (attestsAbsence(answer)) return [];
    const data = answer.status === 200 ? objectIn(answer.members, 'data') : undefined;
    const keys = data && textsIn(data, 'keys');
    if (keys === undefined) throw this.#unexpected(answer, `listing ${root}`);
    return keys;
  }

  /** What an entry is without its values; `undefined` when there is none. */
  async metadataOf(path: Path, signal: Signal): Promise<KvMetadata | undefined> {
    const place = this.#place('metadata', path);
    const answer = await this.#options.client.request({ method: 'GET', path: place, signal });
    if (attestsAbsence(answer)) return undefined;
    const data = answer.status === 200 ? objectIn(answer.members, 'data') : undefined;
    if (data === undefined) throw this.#unexpected(answer, `describing ${place}`);
    const metadata = readKvMetadata(data, this.#options.nowMs());
    if (metadata === undefined) throw this.malformed(path);
    return metadata;
  }

  /**
   * Writes a new version.
   *
   * @param data A JSON object.
   * @param ifVersion The number of the newest version, 0 for none; absent writes unconditionally.
   * @throws KeywardError `conflict`
   */
  async write(path: Path, data: string, ifVersion: number | undefined, signal: Signal): Promise<NumberedVersion> {
    const place = this.#place('data', path);
    const options = ifVersion === undefined ? '' : `,"options":{"cas":${ifVersion}}`;
    const body = `{"data":${data}${options}}`;
    const answer = await this.#options.client.request({ method: 'POST', path: place, body, signal });
    const written = answer.status === 200 ? objectIn(answer.members, 'data') : undefined;
    if (written === undefined) throw this.#unexpected(answer, `writing ${place}`);
    const known = { stages: [currentStage], nowMs: this.#options.nowMs() };
    const version = versionInfo(written, numberIn(written, 'version') ?? 0, known);
    if (version === undefined) throw this.malformed(path);
    return version;
  }

  /** Replaces what the owner noted about the entry. */
  note(path: Path, custom: Readonly<Record<string, string>>, signal: Signal): Promise<void> {
    return this.#change('POST', this.#place('metadata', path), JSON.stringify({ custom_metadata: custom }), signal);
  }

  /** Deletes, brings back or destroys one version. */
  changeVersion(change: 'delete' | 'undelete' | 'destroy', path: Path, number: number, signal: Signal): Promise<void> {
    return this.#change('POST', this.#place(change, path), JSON.stringify({ versions: [number] }), signal);
  }

  /** Takes the entry away with all its versions. */
  purge(path: Path, signal: Signal): Promise<void> {
    return this.#change('DELETE', this.#place('metadata', path), undefined, signal);
  }

  malformed(path: Path): KeywardError {
    const { name } = this.#options;
    return new KeywardError('invalid', `${name} answered for ${path} in a form that Vault does not have`, {
      store: name,
      path,
    });
  }

  async #change(method: 'POST' | 'DELETE', path: string, body: string | undefined, signal: Signal): Promise<void> {
    const answer = await this.#options.client.request({ method, path, body, signal });
    if (answer.status !== 204 && answer.status !== 200) throw this.#unexpected(answer, `changing ${path}`);
  }

  async #detect(): Promise<Engine> {
    const { name, client, mount } = this.#options;
    let answer: VaultAnswer;
    try {
      answer = await client.request({ method: 'GET', path: `sys/internal/ui/mounts/${escaped(mount)}` });
    } catch (error) {
      if (!isKeywardError(error, 'denied')) throw error;
      throw new KeywardError('denied', `${name} has no mount ${mount}, or lets us at nothing in it`, {
        store: name,
        advice: 'Correct mount:, or add a policy for it. See: vault secrets list',
      });
    }
    // Servers before 0.10 do not have this path, nor the second engine.
    if (answer.status === 404) return 1;
    const data = answer.status === 200 ? objectIn(answer.members, 'data') : undefined;
    if (data === undefined) throw refusalOf(answer, name, `asking about the mount ${mount}`);
    const type = textIn(data, 'type');
    if (textIn(data, 'path') !== `${mount}/` || (type !== 'kv' && type !== 'generic')) {
      throw new KeywardError('config', `${name}: at ${mount} there is no key-value engine`, {
        store: name,
        advice: 'Correct mount:. See: vault secrets list',
      });
    }
    const version = textIn(objectIn(data, 'options') ?? new Map(), 'version');
    return version === '2' ? 2 : 1;
  }

  #place(endpoint: 'data' | 'metadata' | 'delete' | 'undelete' | 'destroy', path: Path): string {
    return `${escaped(this.#options.mount)}/${endpoint}/${escaped(path)}`;
  }

  /** After an answer that does not fit the engine, the engine may be another one by now. */
  #unexpected(answer: VaultAnswer, what: string): KeywardError {
    if (answer.status === 404) this.#engine = undefined;
    return refusalOf(answer, this.#options.name, what);
  }
}

/** A path as it stands in a request. */
function escaped(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
