import type { RecordsClient } from '../../core/client.js';
import type { Clock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import type { Payload } from '../../core/payload.js';
import { Secret } from '../../core/secret.js';
import { currentProcess, isRunning, type ProcessIdentity, processNamespace } from '../../host/process-identity.js';
import { isFinished, type RotationState, type RotationStep } from './machine.js';
import { RotationIndex } from './rotation-index.js';
import type { Credential } from './rotators/rotator.js';

/** What is written down of a rotation. It holds no value. */
export interface Journal {
  readonly schema: 1;
  readonly path: Path;
  /** How many rotations of this secret were begun. */
  readonly epoch: number;
  readonly state: RotationState;
  /** When the current value was put into force by a rotation, in milliseconds since 1970. */
  readonly lastRotated?: number | undefined;
  /** For which time the rotation that is under way, or was last, had been planned; so delays do not add up. */
  readonly plannedFor?: number | undefined;
  /** The same of the value before, as its metadata is to say it after a rollback. */
  readonly formerlyRotated?: string | undefined;
  /** Which version the new one replaced, as access records name it. */
  readonly former?: string | undefined;
  /** Who is waited for, being seen to use the former version: principals with their processes. */
  readonly waitsFor?: readonly string[] | undefined;
  /** Before it nothing more is done. */
  readonly waitUntil?: number | undefined;
  /** How often the next step was begun. */
  readonly attempts: number;
  /** How often the target refused the form of the new value. */
  readonly refusals: number;
  readonly failure?: { readonly step: RotationStep; readonly code: string; readonly retryAt: number } | undefined;
  /** On the way back: whether consumers may have the new value. */
  readonly wasExposed?: boolean | undefined;
  /** How far the roll-outs have come. */
  readonly rollouts?: RolloutProgress | undefined;
  /** Name of the record with the values. */
  readonly values?: string | undefined;
  readonly lease?: Lease | undefined;
  /** The incident for which this rotation was begun: the former value then has to be seen refused before it ends. */
  readonly incident?: string | undefined;
  /** Whether the target was seen to refuse the former value. */
  readonly isRefused?: boolean | undefined;
}

/** Roll-outs by their names. */
export interface RolloutProgress {
  /** Of the change that is brought. */
  readonly id: string;
  /** To whom the new value was brought, or may have been. */
  readonly begun: readonly string[];
  /** To whom the change was brought, to the end. */
  readonly done: readonly string[];
}

/** Who holds the journal of a rotation. */
export interface Holder extends ProcessIdentity {
  readonly namespace: string;
}

export function currentHolder(): Holder {
  return { ...currentProcess(), namespace: processNamespace() };
}

interface Lease {
  readonly until: number;
  readonly holder: Holder;
}

/** The values of a rotation that is under way. */
export interface RotationValues {
  readonly pending: Credential;
  /** `undefined` for a secret that is made by its first rotation. */
  readonly previous: Credential | undefined;
}

export interface JournalParts {
  readonly records: RecordsClient;
  readonly clock: Clock;
  readonly holder: Holder;
}

/** Longer than any step takes, since it is renewed before each. */
export const leaseMs = 5 * 60_000;

const encoder = new TextEncoder();

/** Of a secret that was never rotated. */
export function newJournal(path: Path): Journal {
  return { schema: 1, path, epoch: 0, state: 'idle', attempts: 0, refusals: 0 };
}

/** The journal as it is written down; `undefined` when the secret was never rotated here. */
export async function readJournal(records: RecordsClient, name: string): Promise<Journal | undefined> {
  const record = await records.get(name);
  return record && decode(record.bytes);
}

/**
 * The journal of one secret in the hands of this process. Each change checks that no other process has changed it: who
 * lost the lease without knowing finds that out before it writes.
 */
export class HeldJournal {
  readonly #parts: JournalParts;
  readonly #name: string;
  #revision: number;
  #now: Journal;
  #isHeld = false;
  readonly #index: RotationIndex;

  private constructor(parts: JournalParts, name: string, revision: number, now: Journal) {
    this.#parts = parts;
    this.#index = new RotationIndex(parts.records);
    this.#name = name;
    this.#revision = revision;
    this.#now = now;
  }

  /** Takes it with the first change. @throws KeywardError `conflict` while another process holds it. */
  static async take(parts: JournalParts, name: string, path: Path): Promise<HeldJournal> {
    const record = await parts.records.get(name);
    const journal = record === undefined ? newJournal(path) : decode(record.bytes);
    if (isHeld(journal, parts)) {
      throw new KeywardError('conflict', `${path} is being rotated by another process`, {
        path,
        advice: 'Wait until it has ended.',
      });
    }
    return new HeldJournal(parts, name, record?.revision ?? 0, journal);
  }

  get now(): Journal {
    return this.#now;
  }

  /** Writes the change down and renews the lease. @throws KeywardError `conflict` when another process took it over. */
  async save(change: Partial<Journal>): Promise<void> {
    const { clock, holder } = this.#parts;
    await this.#write({ ...this.#now, ...change, lease: { until: clock.now() + leaseMs, holder } });
    if (this.#isHeld) return;
    this.#isHeld = true;
    await this.#index.mark(this.#name);
  }

  /** Lets others have it. */
  async release(): Promise<void> {
    if (!this.#isHeld) return;
    const { state, failure } = this.#now;
    const sinceMs = inForceSince(this.#now);
    if (isFinished(state) && failure === undefined && sinceMs !== undefined) {
      await this.#index.settle(this.#name, sinceMs);
    }
    await this.#write({ ...this.#now, lease: undefined });
  }

  /** Keeps values under a name of their own, so that a process that lost the lease cannot replace those that count. */
  async keepValues(values: RotationValues): Promise<string> {
    const name = `${this.#name}/values/${this.#revision}`;
    await this.#parts.records.put(name, encodeValues(values), { ifRevision: 0 });
    return name;
  }

  /** @throws KeywardError `integrity` when they are gone. */
  async values(): Promise<RotationValues> {
    const { values, path } = this.#now;
    const record = values === undefined ? undefined : await this.#parts.records.get(values);
    if (record === undefined) throw new KeywardError('integrity', `the rotation of ${path} lacks its values`, { path });
    return decodeValues(record.bytes);
  }

  /** Removes the values that the journal does not name. */
  async forgetValues(): Promise<void> {
    const { records } = this.#parts;
    for (const name of await records.list(`${this.#name}/values/`)) {
      if (name === this.#now.values) continue;
      const record = await records.get(name);
      if (record !== undefined) await records.remove(name, { ifRevision: record.revision });
    }
  }

  async #write(journal: Journal): Promise<void> {
    const bytes = encoder.encode(JSON.stringify(journal));
    try {
      this.#revision = await this.#parts.records.put(this.#name, bytes, { ifRevision: this.#revision });
      this.#now = journal;
    } catch (error) {
      if (!isKeywardError(error, 'conflict')) throw error;
      throw new KeywardError('conflict', `another process goes on with the rotation of ${journal.path}`, {
        path: journal.path,
        cause: error,
      });
    }
  }
}

/** What the next rotation is counted from at the earliest. */
export function inForceSince({ lastRotated, plannedFor }: Journal): number | undefined {
  return lastRotated && Math.min(lastRotated, plannedFor ?? lastRotated);
}

/** A lease that ends later than any that could have been given is of a clock that was wrong. */
function isHeld({ lease }: Journal, { clock, holder }: JournalParts): boolean {
  if (lease === undefined) return false;
  if (lease.holder.namespace === holder.namespace && !isRunning(lease.holder)) return false;
  const leftMs = lease.until - clock.now();
  return leftMs > 0 && leftMs <= leaseMs;
}

function decode(bytes: Uint8Array): Journal {
  const journal: Journal = JSON.parse(new TextDecoder().decode(bytes));
  if (journal.schema === 1) return journal;
  throw new KeywardError('invalid', 'a rotation was written down by a later version of Keyward', {
    advice: 'Use the newest version of Keyward.',
  });
}

type EncodedCredential = readonly (readonly [name: string, kind: Payload['kind'], base64: string])[];

function encodeValues({ pending, previous }: RotationValues): Uint8Array {
  const encoded = (credential: Credential): EncodedCredential =>
    [...credential].map(([name, secret]) => [name, secret.kind, Buffer.from(secret.exposeBytes()).toString('base64')]);
  return encoder.encode(
    JSON.stringify({ pending: encoded(pending), previous: previous === undefined ? undefined : encoded(previous) }),
  );
}

function decodeValues(bytes: Uint8Array): RotationValues {
  const text = new TextDecoder().decode(bytes);
  const { pending, previous }: { pending: EncodedCredential; previous?: EncodedCredential } = JSON.parse(text);
  const decoded = (credential: EncodedCredential): Credential =>
    new Map(
      credential.map(([name, kind, base64]) => [name, Secret.of({ kind, bytes: Buffer.from(base64, 'base64') })]),
    );
  return { pending: decoded(pending), previous: previous && decoded(previous) };
}
