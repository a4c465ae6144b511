/** One access to a secret, as records say it: of Keyward's own store, or of an access log. Names and times, no value. */
export interface RecordedAccess {
  readonly time: Date;
  /**
   * The path as the records have it: in the audit log of the store with the prefix of the project, and of another store
   * as that one names the secret.
   */
  readonly path: string;
  /** `tried`: it was asked for, and the value was not given out. `presented`: a client sent it to the principal as a key. */
  readonly did: 'read' | 'wrote' | 'tried' | 'presented';
  readonly principal: string;
  /** Which process, as the records name it: `local:4711`. */
  readonly source: string;
  /** The store that was asked, by its name in the chain; `undefined` for the one whose audit log says it. */
  readonly store: string | undefined;
  /** Kind of the store beyond Keyward whose own audit log says it. */
  readonly upstream?: string | undefined;
  /** What it had; `undefined` where the records do not say it. */
  readonly version: string | undefined;
  readonly field: string | undefined;
  /** `ok`, or the code of the error. */
  readonly outcome: string;
  /** How many accesses this stands for. */
  readonly count: number;
  readonly project: string | undefined;
  readonly environment: string | undefined;
}

/** Something that the records may not say. */
export interface RecordGap {
  /** Where they lie. */
  readonly where: string;
  readonly cause: string;
}

/** What some records say. */
export interface AccessRecords {
  readonly accesses: readonly RecordedAccess[];
  readonly gaps: readonly RecordGap[];
  /** Time of the first record; `undefined` when there is none. */
  readonly beginsAt: Date | undefined;
}
