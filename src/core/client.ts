import type { AccessEntry } from './access-entry.js';
import type { BackupClient } from './backup.js';
import type { ErrorCode, KeywardError } from './errors.js';
import type { LongWork, MaintenanceClient } from './maintenance.js';
import type { Directory, Path } from './path.js';
import type { WriteInput, WriteOptions } from './provider.js';
import type { Ref } from './ref.js';
import type { NewSlot, SlotDescription, SlotList, SlotRemoval } from './slots.js';
import type { NumberedVersion, SecretDescription, SecretVersion } from './version.js';

/**
 * Keyward's own store as one caller sees it: the door bound to who asks. In process or over the network, one contract
 * suite holds both. Every method throws `denied` where the policy says no, `sealed` while the store is locked, and
 * `unavailable` when the audit log cannot be written.
 */
export interface Client {
  readonly secrets: SecretsClient;
  readonly records: RecordsClient;
  readonly audit: AuditClient;
  readonly seal: SealClient;
  readonly maintenance: MaintenanceClient;
  readonly backup: BackupClient;
  /**
   * Calls back when something in the store may have changed, by whichever process: hints only, which may merge, repeat
   * and come late. Does not keep the process running. Answers how to stop.
   */
  watch(onChange: () => void): () => void;
  close(): Promise<void>;
}

export interface ListPage {
  readonly entries: readonly ListEntry[];
  /** Hand it back for the next page; absent on the last one. Opaque. */
  readonly next?: string | undefined;
}

/** A name directly in the directory. A name may be a secret and have others below it. */
export interface ListEntry {
  readonly name: string;
  readonly isSecret: boolean;
  readonly hasChildren: boolean;
}

export interface PatchInput {
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly remove?: readonly string[] | undefined;
}

/** Which versions a removal touches; absent means the current one. */
export interface VersionNumbers {
  readonly versions?: readonly number[] | undefined;
}

/** As of a provider; every version has a number here. */
export interface NumberedWriteOptions extends WriteOptions {
  readonly ifVersion?: number | undefined;
}

export interface SecretsClient {
  /**
   * The version that the ref names, `current` without one; `undefined` when there is none (attested). With a field,
   * the payload holds only that field, and `undefined` means the field or the secret is absent.
   *
   * @throws KeywardError `deleted` when that version was deleted or destroyed.
   */
  read(ref: Ref): Promise<SecretVersion | undefined>;
  /** Each ref authorised and audited by itself; errors as values. */
  readMany(refs: readonly Ref[]): Promise<readonly (SecretVersion | undefined | KeywardError)[]>;
  /**
   * A new version at stage `current` (the former one becomes `previous`), or new metadata alone when no payload is
   * given. @throws KeywardError `conflict` when `ifVersion` or `token` do not hold.
   */
  write(path: Path, input: WriteInput, options?: NumberedWriteOptions): Promise<NumberedVersion>;
  /** Sets and removes fields of a document in one step, starting from none when the secret does not exist. */
  patch(path: Path, input: PatchInput, options?: NumberedWriteOptions): Promise<NumberedVersion>;
  describe(path: Path): Promise<SecretDescription<NumberedVersion> | undefined>;
  /** Names directly in the directory, in no particular order, at most `limit` (default 100, at most 1000). */
  list(directory: Directory, options?: { cursor?: string | undefined; limit?: number | undefined }): Promise<ListPage>;
  /** Soft: readers get `deleted` until undeleted. No effect on versions already deleted. @throws `not_found` */
  delete(path: Path, options?: VersionNumbers): Promise<void>;
  undelete(path: Path, options: Required<VersionNumbers>): Promise<void>;
  /** Removes the payloads for every reader at once; cannot be undone. */
  destroy(path: Path, options: Required<VersionNumbers>): Promise<void>;
  /** Removes the secret with all its versions and metadata. */
  purge(path: Path): Promise<void>;
  /** Moves a stage to a live version; `undefined` takes a user's own stage away. */
  setStage(
    path: Path,
    stage: string,
    version: number | undefined,
    options?: { ifVersion?: number | undefined },
  ): Promise<void>;
  /** Makes an older live version current again (moves the pointer; no new version). Without a number, `previous`. */
  rollback(path: Path, options?: { to?: number | undefined; ifVersion?: number | undefined }): Promise<NumberedVersion>;
  /** How many versions are kept: 1 to 50, 10 by default. */
  setMaxVersions(path: Path, maxVersions: number): Promise<void>;
}

export interface RecordValue {
  readonly bytes: Uint8Array;
  readonly revision: number;
}

/** Small sealed documents (at most 64 KiB) of the system's own state, by ASCII name, each change checked. */
export interface RecordsClient {
  get(name: string): Promise<RecordValue | undefined>;
  /** `ifRevision` 0 means "must not exist". Answers the new revision. @throws KeywardError `conflict` */
  put(name: string, bytes: Uint8Array, options: { ifRevision: number }): Promise<number>;
  remove(name: string, options: { ifRevision: number }): Promise<void>;
  /** Names that begin with the prefix, sorted. */
  list(prefix: string): Promise<readonly string[]>;
}

/** One audit record, opened. */
export interface AuditRecord {
  readonly node: string;
  readonly sequence: number;
  readonly time: Date;
  readonly kind: 'access' | 'intent' | 'outcome' | 'event';
  readonly actor: string;
  readonly source: string;
  readonly operation: string;
  readonly path?: string | undefined;
  /** Which rule decided, or that none did. */
  readonly decision?: { readonly allowed: boolean; readonly rule: string } | undefined;
  readonly outcome?: 'ok' | 'absent' | 'committed' | 'not_committed' | 'unknown' | ErrorCode | undefined;
  readonly operationId?: string | undefined;
  /** Further auditable fields of the operation: names and numbers, never values. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditProblem {
  readonly volume: string;
  /** From 1. */
  readonly line: number;
  readonly problem: string;
}

export interface AuditVerification {
  /** `broken`: something was changed; `unsigned`: sound, but entries after the last checkpoint are not signed yet. */
  readonly status: 'ok' | 'unsigned' | 'broken';
  readonly entries: number;
  readonly checkpoints: number;
  readonly unsignedEntries: number;
  /** Hex of the public keys that signed, first to last. */
  readonly keys: readonly string[];
  readonly firstProblem?: AuditProblem | undefined;
}

export interface AuditFilter {
  /** About this path, or one below it. */
  readonly path?: string | undefined;
  /** At most 10,000; 100 when absent. */
  readonly limit?: number | undefined;
  /** Only those with a lower number: of the first one that was shown, to see those before it. */
  readonly before?: number | undefined;
  /** Leaves out what cannot be opened any more. `verify` says that there is some. */
  readonly pastDamage?: boolean | undefined;
}

export interface AuditClient {
  /** The newest `limit` records that match, oldest first. @throws KeywardError `integrity` for damage that is not passed. */
  show(filter?: AuditFilter): Promise<readonly AuditRecord[]>;
  verify(
    options?: LongWork & { anchor?: Uint8Array | undefined; publicKey?: string | undefined },
  ): Promise<AuditVerification>;
  /**
   * Puts what happened outside of the store into its log: a read of another store, a call of a service.
   *
   * @throws KeywardError `invalid` for an entry that has not the form of one.
   */
  record(entry: AccessEntry): Promise<void>;
  /** Signs the log as it stands and answers the signed statement, to be kept elsewhere as an anchor. */
  checkpoint(): Promise<Uint8Array>;
}

export interface SealStatus {
  readonly storeId: string;
  readonly sealed: boolean;
  readonly slots: readonly SlotDescription[];
  readonly commits: number;
  readonly epoch: number;
}

export interface SealClient {
  status(): Promise<SealStatus>;
  listSlots(): Promise<SlotList>;
  /** Answers the new slot. @throws KeywardError `conflict` when the slots were changed meanwhile, `invalid` at 16 slots. */
  addSlot(slot: NewSlot): Promise<SlotDescription>;
  /**
   * Puts a new slot in the place of another one, which opens nothing of the present store from then on: it gets a new
   * root. Answers the new slot. @throws KeywardError `not_found`, and as `addSlot`.
   */
  changeSlot(id: string, slot: NewSlot, options?: SlotRemoval): Promise<SlotDescription>;
  /**
   * From then on the slot opens nothing of the present store: it gets a new root.
   *
   * @throws KeywardError `not_found`, `invalid` for the last one, `conflict` when the slots were changed meanwhile.
   */
  removeSlot(id: string, options?: SlotRemoval): Promise<void>;
  /** Reads and checks every row against the store's own accounts. @throws KeywardError `integrity` */
  verifyStore(options?: LongWork): Promise<{ readonly rows: number }>;
}
