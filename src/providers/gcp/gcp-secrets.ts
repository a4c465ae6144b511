import { isKeywardError, KeywardError } from '../../core/errors.js';
import { type Directory, isBelow, joinPath, type Path, parsePath, pathProblem } from '../../core/path.js';
import { currentStage, previousStage, type Ref } from '../../core/ref.js';
import type { NumberedVersion, VersionState } from '../../core/version.js';
import type { NativeNames } from '../../formats/native-names.js';
import type { GcpClient } from './gcp-client.js';
import { dateOf, numberOfVersion, type SecretMessage, stateOf, type VersionMessage } from './gcp-messages.js';
import { pathNote } from './gcp-notes.js';

export interface GcpSecretsOptions {
  /** Name of the store, for messages. */
  readonly store: string;
  readonly client: GcpClient;
  /** Absent for the project of the credentials. */
  readonly project: string | undefined;
  /** Absent for secrets that are not bound to a region. */
  readonly location: string | undefined;
  /** Stands before every path. */
  readonly prefix: Directory;
  readonly names: NativeNames;
}

/** Where the service keeps the secret of a path. */
export interface Place {
  readonly path: Path;
  /** `projects/p` or `projects/p/locations/l`. */
  readonly parent: string;
  readonly id: string;
  /** The full name. */
  readonly name: string;
  /** What has to stand beside the secret when other paths could have the name too. */
  readonly note: Path | undefined;
}

/** A version as a selector of Keyward names it: `latest` is the newest, whatever its state. */
export type VersionName = number | 'latest';

/** What the service says about a version. */
export interface KnownVersion {
  readonly number: number;
  readonly state: VersionState;
  readonly createdAt: Date | undefined;
  readonly etag: string;
}

type Signal = AbortSignal | undefined;

const pageSize = 500;

/** The secrets of a project or of one of its regions, by path. */
export class GcpSecrets {
  readonly #options: GcpSecretsOptions;
  #parent: string | undefined;

  constructor(options: GcpSecretsOptions) {
    this.#options = options;
  }

  async parent(signal: Signal): Promise<string> {
    const { client, project, location } = this.#options;
    this.#parent ??= `projects/${project ?? (await client.project(signal))}${location === undefined ? '' : `/locations/${location}`}`;
    return this.#parent;
  }

  async place(path: Path, signal: Signal): Promise<Place> {
    const { prefix, names } = this.#options;
    const full = joinPath(prefix, path);
    const id = names.nameOf(full);
    const parent = await this.parent(signal);
    return { path, parent, id, name: `${parent}/secrets/${id}`, note: names.isAmbiguous(full) ? full : undefined };
  }

  /** The secret without its values. @throws KeywardError `integrity` when it is the one of another path. */
  async find(place: Place, signal: Signal): Promise<SecretMessage | undefined> {
    const found = await absent(this.#options.client.call('getSecret', { name: place.name }, signal));
    if (found === undefined) return undefined;
    if (!found.name.endsWith(`/secrets/${place.id}`) || found.etag === '') throw this.malformed(place.path);
    const noted = place.note && found.annotations[pathNote];
    if (noted === undefined || noted === place.note) return found;
    const { store } = this.#options;
    throw new KeywardError('integrity', `${store}: ${place.id} is the secret of another path than ${place.path}`, {
      store,
      path: place.path,
      advice: `See: gcloud secrets describe ${place.id}. Give one of the two paths a name of its own in \`names\`.`,
    });
  }

  /** The version that the ref means; `undefined` when there is none of that kind. */
  async select({ version }: Ref, place: Place, signal: Signal): Promise<VersionName | undefined> {
    if (version?.kind === 'number') return version.number;
    if (version?.kind === 'id') return undefined;
    if (version === undefined || version.stage === currentStage) return 'latest';
    const found = await this.find(place, signal);
    if (found === undefined) return undefined;
    if (version.stage !== previousStage) return Number(found.versionAliases[version.stage]) || undefined;
    const versions = await this.versions(place, found, signal);
    return versions.find(({ stages }) => stages.includes(previousStage))?.number;
  }

  /** One version without its value. */
  async version(name: VersionName, place: Place, signal: Signal): Promise<KnownVersion | undefined> {
    const { client } = this.#options;
    const found = await absent(client.call('getSecretVersion', { name: `${place.name}/versions/${name}` }, signal));
    return found && this.#read(found, place);
  }

  /** All versions, newest first. */
  async versions(place: Place, { versionAliases }: SecretMessage, signal: Signal): Promise<readonly NumberedVersion[]> {
    const { client } = this.#options;
    const found: KnownVersion[] = [];
    for (let pageToken: string | undefined = ''; pageToken !== undefined; ) {
      const page = await client.call('listSecretVersions', { parent: place.name, pageSize, pageToken }, signal);
      found.push(...page.versions.map((version) => this.#read(version, place)));
      pageToken = this.#next(pageToken, page.nextPageToken);
    }
    found.sort((a, b) => b.number - a.number);
    const previous = found.slice(1).find(({ state }) => state === 'live');
    return found.map((version) => {
      const { number, state, createdAt } = version;
      const stages = [
        ...(version === found[0] ? [currentStage] : version === previous ? [previousStage] : []),
        ...Object.keys(versionAliases).filter((alias) => Number(versionAliases[alias]) === number),
      ];
      return { number, id: String(number), createdAt, state, stages, size: undefined };
    });
  }

  async *paths(directory: Directory, signal: Signal): AsyncIterable<Path> {
    const { client, prefix } = this.#options;
    const parent = await this.parent(signal);
    for (let pageToken: string | undefined = ''; pageToken !== undefined; ) {
      const page = await client.call('listSecrets', { parent, pageSize, pageToken }, signal);
      for (const secret of page.secrets) {
        const full = this.#pathOf(secret);
        if (full === undefined || !isBelow(full, prefix)) continue;
        const path = prefix === '' ? full : parsePath(full.slice(prefix.length + 1));
        if (directory === '' || path === directory || isBelow(path, directory)) yield path;
      }
      pageToken = this.#next(pageToken, page.nextPageToken);
    }
  }

  malformed(path: Path): KeywardError {
    const { store } = this.#options;
    return new KeywardError('invalid', `${store}: the answer about ${path} has not the form of Secret Manager's`, {
      store,
      path,
    });
  }

  #read(version: VersionMessage, place: Place): KnownVersion {
    const number = numberOfVersion(version.name, place.id);
    const state = stateOf(version);
    if (number === undefined || state === undefined) throw this.malformed(place.path);
    return { number, state, createdAt: dateOf(version.createTime), etag: version.etag };
  }

  /** The path with the prefix; `undefined` for a secret that no path of ours has. */
  #pathOf({ name, annotations }: SecretMessage): Path | undefined {
    const { names } = this.#options;
    const id = name.slice(name.lastIndexOf('/') + 1);
    const noted = annotations[pathNote];
    if (noted === undefined || pathProblem(noted) !== undefined) return names.pathOf(id);
    const path = parsePath(noted);
    return names.isAmbiguous(path) && names.nameOf(path) === id ? path : names.pathOf(id);
  }

  /** Only an empty token ends a list; one that comes again would keep it going for ever. */
  #next(token: string, next: string): string | undefined {
    if (next === '') return undefined;
    if (next !== token) return next;
    const { store } = this.#options;
    throw new KeywardError('invalid', `${store}: a list names its own page as the next one`, { store });
  }
}

/** The answer; `undefined` where the service says that there is nothing of this name. */
export async function absent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isKeywardError(error, 'not_found')) return undefined;
    throw error;
  }
}
