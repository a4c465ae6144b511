import { inTime } from '../../clients/in-time.js';
import type { Clock } from '../../core/clock.js';
import { toKeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import type { Path } from '../../core/path.js';
import { isRefusal } from '../rotation/refusals.js';
import { eachOf } from '../transfer/each-of.js';

/** What was learnt from the target of a secret about the value that is in force. Holds no value. */
export interface LiveCheck {
  readonly path: Path;
  /** `rotating`: of a target that takes one value at a time, and may have another one just now. */
  readonly result: 'accepted' | 'refused' | 'unreachable' | 'rotating' | 'no live test';
  readonly finding?: Finding | undefined;
}

export interface LiveCheckOptions {
  /** Asks the target of a secret. @throws KeywardError `unauthenticated` or `denied` when it refuses the value. */
  readonly probe: (path: Path) => Promise<Exclude<LiveCheck['result'], 'refused' | 'unreachable'>>;
  readonly clock: Clock;
}

/** So few that no target takes it for an attack. */
const concurrency = 4;
/** As long as any step of a rotator may take. */
const timeoutMs = 60_000;
const link = 'guide/checking.md#live-tests';

/** Asks the target of each secret whether it accepts the value. @throws nothing that a target says: that is a finding. */
export function checkLive(paths: readonly Path[], { probe, clock }: LiveCheckOptions): Promise<readonly LiveCheck[]> {
  return eachOf(paths, concurrency, async (path): Promise<LiveCheck> => {
    try {
      return { path, result: await inTime(probe(path), { store: `the target of ${path}`, clock, timeoutMs }) };
    } catch (error) {
      const { message, advice: fix } = toKeywardError(error, `testing ${path}`, { path });
      const finding = { severity: 'error', where: path, fix, link } as const;
      return isRefusal(error)
        ? { path, result: 'refused', finding: { ...finding, cause: `does not pass its live test: ${message}` } }
        : { path, result: 'unreachable', finding: { ...finding, cause: `could not be tested live: ${message}` } };
    }
  });
}
