import type { ErrorCode } from './errors.js';
import type { Finding } from './finding.js';
import type { Path } from './path.js';
import type { VersionKey } from './version.js';

/** One access to a secret through the library or a store. Holds names, never values. */
export interface AccessRecord {
  readonly path: Path;
  readonly provider: string;
  readonly outcome: 'found' | 'absent' | ErrorCode;
  /** Which version was given; absent where none was, or the store does not name it. */
  readonly version?: VersionKey | undefined;
  /** Whether the answer came from memory. */
  readonly cached: boolean;
  readonly degraded: boolean;
  readonly durationMs: number;
}

/** Receives what a part of Keyward wants to be known. Calls return at once and never throw. */
export interface Observer {
  /** Something the operator should read: a warning about a store, a file, a rollback. */
  finding(finding: Finding): void;
  access(record: AccessRecord): void;
}

export const silentObserver: Observer = { finding() {}, access() {} };
