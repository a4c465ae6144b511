/** What kind of secret a detector finds. */
export interface Kind {
  /** Stable: baselines and allow marks name it. */
  readonly id: string;
  readonly title: string;
  /** A published format or a parsed structure (`error`), or judged by what is around it (`warning`). */
  readonly severity: 'error' | 'warning';
}

/** A secret in a block of bytes. */
export interface Match {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
}
