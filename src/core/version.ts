import { KeywardError } from './errors.js';
import type { Path } from './path.js';
import type { Payload } from './payload.js';

export type VersionState = 'live' | 'deleted' | 'destroyed';

/** One version of a secret, without its payload. */
export interface VersionInfo {
  /** From 1, a new version has a higher one than those before; `undefined` where the store only has ids. */
  readonly number: number | undefined;
  /** The store's own id of the version: 32 hex characters in Keyward's, the number's text where there is no other. */
  readonly id: string;
  /** `undefined` where the store does not say it with the value; a description does. */
  readonly createdAt: Date | undefined;
  readonly state: VersionState;
  readonly stages: readonly string[];
  /** Size of the payload in bytes; `undefined` where the store does not say it without the payload. */
  readonly size: number | undefined;
}

/** A version in a store that numbers them. */
export interface NumberedVersion extends VersionInfo {
  readonly number: number;
}

/** Tells a version from the others of its secret: its number, or its id in a store that only has ids. */
export type VersionKey = number | string;

/** The key of a version. */
export function versionKey(version: Pick<VersionInfo, 'number' | 'id'>): VersionKey {
  return version.number ?? version.id;
}

/**
 * The number that a store with numbered versions is told; absent stays absent.
 *
 * @throws KeywardError `invalid` for the id of a version in another store.
 */
export function numberOfKey(key: VersionKey | undefined, store: string): number | undefined {
  if (typeof key !== 'string') return key;
  throw new KeywardError('invalid', `${store} numbers its versions; it has none with this id`, { store });
}

/** A version as a reader gets it. */
export interface SecretVersion {
  readonly path: Path;
  readonly payload: Payload;
  /** `undefined` where the backing store has no versions. */
  readonly version: VersionInfo | undefined;
  /**
   * What the secret's owner noted about it: short texts by name. Never secret values. `undefined` where the store does not
   * say it with the value: `describe` does.
   */
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

/** A version with what was noted about its secret. */
export interface NotedVersion extends SecretVersion {
  readonly metadata: Readonly<Record<string, string>>;
}

/** Everything known about a secret except its values. */
export interface SecretDescription<Version extends VersionInfo = VersionInfo> {
  readonly path: Path;
  readonly metadata: Readonly<Record<string, string>>;
  /** Newest first. Stores without versions give one. */
  readonly versions: readonly Version[];
  /** Key of the version at stage `current`; `undefined` when no version is live there. */
  readonly current: Version['number'] extends number ? number | undefined : VersionKey | undefined;
  readonly createdAt: Date | undefined;
  readonly updatedAt: Date | undefined;
}
