/** What clocks of machines may differ by. */
export const clockSkewMs = 60_000;

export interface GraceNeeds {
  /** How long consumers use a value without asking again. */
  readonly ttlMs: number;
  /** How long they use it while the store is out of reach. */
  readonly maxStaleMs: number;
  /** How long a connection lives that was opened with it. */
  readonly connectionsMs: number;
}

/** How long it takes until every consumer has a new value: nothing may be taken back before. In milliseconds. */
export function spreadMs({ ttlMs, maxStaleMs }: Omit<GraceNeeds, 'connectionsMs'>): number {
  return ttlMs + maxStaleMs + clockSkewMs;
}

/** The shortest time for which the old credential has to work on, in milliseconds. */
export function minimumGraceMs(needs: GraceNeeds): number {
  return spreadMs(needs) + needs.connectionsMs;
}
