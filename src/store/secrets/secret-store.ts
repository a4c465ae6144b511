import type { ListPage, PatchInput, VersionNumbers } from '../../core/client.js';
import type { Directory, Path } from '../../core/path.js';
import type { WriteInput } from '../../core/provider.js';
import type { Ref } from '../../core/ref.js';
import type { NumberedVersion, SecretDescription, SecretVersion } from '../../core/version.js';

/**
 * What every change carries: the id under which its outcome is recorded in the same commit. A change is refused
 * (`conflict`) when a row for this id exists already: its intent was closed by recovery.
 */
export interface ChangeContext {
  /** 32 hex characters, random per attempt. */
  readonly operationId: string;
  /** Who asks, as recorded beside the outcome. */
  readonly actor: string;
  /** Keyed hash of the request, recorded beside the outcome. */
  readonly requestMac: Uint8Array;
}

export interface ChangeOptions {
  readonly ifVersion?: number | undefined;
  readonly token?: string | undefined;
}

/** What became of a change, as its operation row says; `undefined` when nothing was recorded. */
export type OperationOutcome = 'committed' | 'aborted';

/**
 * Versioned secrets over the barrier, without authorisation or audit: only the door reaches it. Semantics are those of
 * `SecretsClient`; every change is one transaction of the barrier and is durable when it resolves.
 *
 * - A version that carries a stage is kept whatever the maximum says, so a secret has at most 20 stages of the user's own.
 * - A token is known for as long as its version is kept. A repeated write changes nothing, not even the metadata, and
 *   answers the same version although `ifVersion` no longer holds.
 * - `ifVersion` compares with the number at `current` in whatever state that version is: 0 never matches a deleted secret.
 * - A number that was given out and is no longer kept reads as `deleted`. Only after a purge numbers begin at 1 again.
 * - A path has at most 16 segments, a secret at most 64 metadata entries (names up to 128 characters, texts up to 1 KiB).
 */
export interface SecretStore {
  read(ref: Ref): Promise<SecretVersion | undefined>;
  /** Whether there is a secret, live or deleted. */
  exists(path: Path): Promise<boolean>;
  describe(path: Path): Promise<SecretDescription<NumberedVersion> | undefined>;
  list(directory: Directory, options: { cursor?: string | undefined; limit?: number | undefined }): Promise<ListPage>;

  write(change: ChangeContext, path: Path, input: WriteInput, options: ChangeOptions): Promise<NumberedVersion>;
  patch(change: ChangeContext, path: Path, input: PatchInput, options: ChangeOptions): Promise<NumberedVersion>;
  delete(change: ChangeContext, path: Path, options: VersionNumbers): Promise<void>;
  undelete(change: ChangeContext, path: Path, options: Required<VersionNumbers>): Promise<void>;
  destroy(change: ChangeContext, path: Path, options: Required<VersionNumbers>): Promise<void>;
  purge(change: ChangeContext, path: Path): Promise<void>;
  setStage(
    change: ChangeContext,
    path: Path,
    stage: string,
    version: number | undefined,
    options: { ifVersion?: number | undefined },
  ): Promise<void>;
  rollback(
    change: ChangeContext,
    path: Path,
    options: { to?: number | undefined; ifVersion?: number | undefined },
  ): Promise<NumberedVersion>;
  setMaxVersions(change: ChangeContext, path: Path, maxVersions: number): Promise<void>;
}

/** Looks at and closes operation rows; `shardBy` is the path (or record name) the change was about. */
export interface OperationLog {
  /** A byte that says where the operation row lies, without saying what it is about. */
  shardOf(shardBy: string): number;
  outcome(operationId: string, shard: number): Promise<OperationOutcome | undefined>;
  /**
   * Commits "aborted" on condition that nothing is recorded yet, and answers what is recorded in the end: after
   * `aborted`, the change can no longer happen.
   */
  close(operationId: string, shard: number): Promise<OperationOutcome>;
}
