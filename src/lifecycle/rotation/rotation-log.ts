import type { RecordsClient } from '../../core/client.js';
import type { Clock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';

/** One thing that was done in a rotation, by Keyward or by a person. */
export interface LoggedStep {
  readonly step: string;
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly by: string;
  /** What was found out. Never a value. */
  readonly note?: string | undefined;
}

/** What was done in one rotation of a secret. It holds no value. */
export interface LoggedRotation {
  readonly schema: 1;
  readonly startedAt: number;
  readonly steps: readonly LoggedStep[];
  /** Absent while it is under way. */
  readonly outcome?: 'retired' | 'rolled_back' | undefined;
}

export interface LogParts {
  readonly records: RecordsClient;
  readonly clock: Clock;
  /** Who does what is noted. */
  readonly by: string;
}

interface Entry {
  readonly name: string;
  readonly revision: number;
  readonly rotation: LoggedRotation;
}

const maxRaces = 5;

/** Who did what in the rotations of one secret, and when: a sealed record of each rotation. */
export class RotationLog {
  readonly #parts: LogParts;
  readonly #folder: string;

  /** @param name of the log in `records`. */
  constructor(parts: LogParts, name: string) {
    this.#parts = parts;
    this.#folder = `${name}/`;
  }

  /** Every rotation, the earliest first. */
  async all(): Promise<readonly LoggedRotation[]> {
    const found: LoggedRotation[] = [];
    for (const name of await this.#names()) {
      const entry = await this.#entry(name);
      if (entry !== undefined) found.push(entry.rotation);
    }
    return found;
  }

  /** The rotation that was begun last; `undefined` when there was none. */
  async last(): Promise<LoggedRotation | undefined> {
    return (await this.#last())?.rotation;
  }

  /** The steps of the rotation that is under way. */
  async open(): Promise<readonly LoggedStep[]> {
    const last = await this.last();
    return last === undefined || last.outcome !== undefined ? [] : last.steps;
  }

  /** The steps since the last rotation that came to its end, the latest attempt first. */
  async sinceRetired(): Promise<readonly LoggedStep[]> {
    const steps: LoggedStep[] = [];
    for (const name of [...(await this.#names())].reverse()) {
      const rotation = (await this.#entry(name))?.rotation;
      if (rotation === undefined || rotation.outcome === 'retired') break;
      steps.push(...rotation.steps);
    }
    return steps;
  }

  /**
   * Adds a step to the rotation that is under way, or begins one with it. The same step once more, as after a crash, is
   * not added again.
   *
   * @param outcome that ends the rotation.
   * @throws KeywardError as the records.
   */
  async note(step: string, details: Pick<LoggedStep, 'note'> & Pick<LoggedRotation, 'outcome'> = {}): Promise<void> {
    for (let race = 1; ; race += 1) {
      try {
        return await this.#add(step, details);
      } catch (error) {
        if (!isKeywardError(error, 'conflict') || race === maxRaces) throw error;
      }
    }
  }

  async #add(step: string, { note, outcome }: Pick<LoggedStep, 'note'> & Pick<LoggedRotation, 'outcome'>) {
    const { clock, by, records } = this.#parts;
    const last = await this.#last();
    const latest = last?.rotation.steps.at(-1);
    const isRepeated = latest?.step === step && latest.note === note && last?.rotation.outcome === outcome;
    if (isRepeated) return;
    const added: LoggedStep = { step, at: clock.now(), by, note };
    if (last === undefined || last.rotation.outcome !== undefined) {
      // Names are in the order of time, also when the clock goes back.
      const startedAt = Math.max(added.at, (last?.rotation.startedAt ?? 0) + 1);
      const name = `${this.#folder}${String(startedAt).padStart(15, '0')}`;
      await records.put(name, encode({ schema: 1, startedAt, steps: [added], outcome }), { ifRevision: 0 });
      return;
    }
    const { name, revision, rotation } = last;
    const steps = [...rotation.steps, added];
    await records.put(name, encode({ ...rotation, steps, outcome }), { ifRevision: revision });
  }

  #names(): Promise<readonly string[]> {
    return this.#parts.records.list(this.#folder);
  }

  async #last(): Promise<Entry | undefined> {
    const name = (await this.#names()).at(-1);
    return name === undefined ? undefined : this.#entry(name);
  }

  async #entry(name: string): Promise<Entry | undefined> {
    const record = await this.#parts.records.get(name);
    return record && { name, revision: record.revision, rotation: decode(record.bytes) };
  }
}

function encode(rotation: LoggedRotation): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(rotation));
}

function decode(bytes: Uint8Array): LoggedRotation {
  const rotation: LoggedRotation = JSON.parse(new TextDecoder().decode(bytes));
  if (rotation.schema === 1) return rotation;
  throw new KeywardError('invalid', 'the rotation log was written by a later version of Keyward', {
    advice: 'Use the newest version of Keyward.',
  });
}
