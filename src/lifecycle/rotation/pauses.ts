import type { RecordsClient } from '../../core/client.js';
import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import { compilePathPattern } from '../../core/path-pattern.js';

/** Rotations that somebody halted: none of these secrets is begun until then. */
export interface Pause {
  /** A path or a pattern; secrets that are listed later are meant too. */
  readonly pattern: string;
  /** Milliseconds since 1970; without it until they are resumed. */
  readonly until?: number | undefined;
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly reason?: string | undefined;
}

interface Kept {
  readonly revision: number;
  readonly pauses: readonly Pause[];
}

/** What is halted in one environment of a project, where every process sees it. */
export class Pauses {
  readonly #records: RecordsClient;
  readonly #name: string;

  /** @param name of the record. */
  constructor(records: RecordsClient, name: string) {
    this.#records = records;
    this.#name = name;
  }

  /** Those that are not over. @param nowMs milliseconds since 1970. */
  async all(nowMs: number): Promise<readonly Pause[]> {
    return (await this.#read()).pauses.filter(({ until }) => until === undefined || until > nowMs);
  }

  /** Halts what the pattern stands for, instead of what was said of the same pattern. @throws KeywardError `conflict` */
  async add(pause: Pause): Promise<void> {
    compilePathPattern(pause.pattern);
    const { revision, pauses } = await this.#read();
    const others = pauses.filter(
      ({ pattern, until }) => pattern !== pause.pattern && (until ?? Infinity) > pause.since,
    );
    await this.#write(revision, [...others, pause]);
  }

  /**
   * Lets it go on.
   *
   * @throws KeywardError `not_found` when nothing is halted under this very pattern: a part of one cannot go on alone.
   */
  async remove(pattern: string): Promise<void> {
    const { revision, pauses } = await this.#read();
    const others = pauses.filter((pause) => pause.pattern !== pattern);
    if (others.length === pauses.length) {
      const names = pauses.map((pause) => pause.pattern).join(', ');
      throw new KeywardError('not_found', `no rotation is paused as ${pattern}`, {
        advice: names === '' ? 'Nothing is paused here.' : `Paused are ${names}.`,
      });
    }
    await this.#write(revision, others);
  }

  async #read(): Promise<Kept> {
    const record = await this.#records.get(this.#name);
    if (record === undefined) return { revision: 0, pauses: [] };
    return { revision: record.revision, pauses: JSON.parse(Buffer.from(record.bytes).toString()) };
  }

  async #write(ifRevision: number, pauses: readonly Pause[]): Promise<void> {
    await this.#records.put(this.#name, Buffer.from(JSON.stringify(pauses)), { ifRevision });
  }
}

/** Until when the path is halted, in milliseconds since 1970; infinite without an end, `undefined` when it is not. */
export function pausedUntil(pauses: readonly Pause[]): (path: Path) => number | undefined {
  const halted = pauses.map(({ pattern, until = Number.POSITIVE_INFINITY }) => ({
    matches: compilePathPattern(pattern).matches,
    until,
  }));
  return (path) => {
    const ends = halted.filter(({ matches }) => matches(path)).map(({ until }) => until);
    return ends.length === 0 ? undefined : Math.max(...ends);
  };
}
