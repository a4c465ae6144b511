export type Severity = 'info' | 'warning' | 'error';

/** The one answer shape of everything that inspects: health, doctor, check, scan. Never holds a value. */
export interface Finding {
  readonly severity: Severity;
  /** A file, a path, a store. */
  readonly where: string;
  readonly cause: string;
  /** What to do, as a sentence or a command. */
  readonly fix: string;
  /** A page of the documentation, relative to `docs/`. */
  readonly link?: string;
}
