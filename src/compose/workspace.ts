import type { ApiCall } from '../core/api-call.js';
import type { AuditVerification, Client } from '../core/client.js';
import type { KeyUse } from '../core/key-use.js';
import type { Path } from '../core/path.js';
import type { OnProgress } from '../core/progress.js';
import type { Provider } from '../core/provider.js';
import type { ReferenceVariable } from '../core/reference.js';
import type { Secrets } from '../resolver/secrets.js';
import type { Config } from './config.js';

export interface AuditVerifyOptions {
  /** A checkpoint that was kept elsewhere. */
  readonly anchor?: Uint8Array | undefined;
  /** Hex of the key that must be among those that signed. */
  readonly publicKey?: string | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Keyward's own store, open for one caller. */
export interface OpenedStore {
  readonly client: Client;
  readonly storeId: string;
  readonly folder: string;
  /** Where the key file of this user for it belongs. */
  readonly keyFile: string;
  /** Hex of the key that signs the audit log of this machine. */
  readonly auditPublicKey: string;
  /** Signs what is unsigned in the audit log and closes everything. */
  close(): Promise<void>;
}

/** A project's configuration brought to life: its chain, its write target, and the store when something needs it. */
export interface Workspace {
  readonly config: Config;
  readonly secrets: Secrets;
  /** In the order of the chain. */
  readonly providers: readonly Provider[];
  /** @throws KeywardError `config` when the chain has no link of this name. */
  provider(name: string): Provider;
  /**
   * The link to write to, or the one of this name.
   *
   * @throws KeywardError `config` when no link of the chain can be written to, or several and none is chosen; when the
   * chain has no link of the name.
   */
  writeTarget(name?: string): Provider;
  /** The name by which Keyward's own store knows the path: with the prefix of its link. */
  pathInStore(path: Path): Path;
  /**
   * The variables that are set to references: in this environment, and in the `.env` files of the chain. Where both set
   * one, that of the environment counts; among links, the earlier one.
   *
   * @throws KeywardError as a read of those files.
   */
  references(
    environment: Readonly<Record<string, string | undefined>>,
  ): Promise<ReadonlyMap<string, ReferenceVariable>>;
  /** Opens the store at the first call. @throws KeywardError `config` when it was not initialised, `sealed`. */
  store(): Promise<OpenedStore>;
  /**
   * Verifies the store's audit log, and names what is broken also when that keeps the store from opening.
   *
   * @throws KeywardError as `store`.
   */
  verifyAudit(options: AuditVerifyOptions): Promise<AuditVerification>;
  /**
   * Reports a call of an outside service to the access log, where there is one. Returns at once.
   *
   * @throws KeywardError `invalid` for a call that has not the form of one.
   */
  apiCall(call: ApiCall): void;
  /** Counts a key that a client presented in the access log, where there is one. Returns at once. */
  keyUse(use: KeyUse): void;
  close(): Promise<void>;
}
