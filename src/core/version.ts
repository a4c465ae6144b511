import type { Path } from './path.js';
import type { Payload } from './payload.js';

export type VersionState = 'live' | 'deleted' | 'destroyed';

/** One version of a secret, without its payload. */
export interface VersionInfo {
  /** From 1; a new version gets the highest number so far plus one. */
  readonly number: number;
  /** The store's own id of the version: 32 hex characters in Keyward's, the number's text where there is no other. */
  readonly id: string;
  readonly createdAt: Date;
  readonly state: VersionState;
  readonly stages: readonly string[];
  /** Size of the payload in bytes; `undefined` where the store does not say it without the payload. */
  readonly size: number | undefined;
}

/** A version as a reader gets it. */
export interface SecretVersion {
  readonly path: Path;
  readonly payload: Payload;
  /** `undefined` where the backing store has no versions. */
  readonly version: VersionInfo | undefined;
  /** What the secret's owner noted about it: short texts by name. Never secret values. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Everything known about a secret except its values. */
export interface SecretDescription {
  readonly path: Path;
  readonly metadata: Readonly<Record<string, string>>;
  /** Newest first. Stores without versions give one. */
  readonly versions: readonly VersionInfo[];
  /** Number of the version at stage `current`; `undefined` when no version is live there. */
  readonly current: number | undefined;
  readonly createdAt: Date | undefined;
  readonly updatedAt: Date | undefined;
}
