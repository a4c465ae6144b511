/** How far a long piece of work has come. */
export interface Progress {
  /** What is being done, for people: `verifying`. */
  readonly step: string;
  /** From 0 to 1. */
  readonly part: number;
}

/** Returns at once and never throws. */
export type OnProgress = (progress: Progress) => void;
