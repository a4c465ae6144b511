import { createHash } from 'node:crypto';
import type { RecordsClient } from '../core/client.js';
import type { Clock } from '../core/clock.js';
import { isKeywardError, toKeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import type { Path } from '../core/path.js';
import { equalBytes, lp } from '../crypto/encoding.js';
import type { LastGoodCopies, LastGoodCopy } from '../resolver/last-good-copies.js';
import type { AskedLink, Place } from '../resolver/link.js';
import type { Answer, Question } from '../resolver/question.js';
import { clockEpoch, clockSlackMs } from './clock-watch.js';
import { type CopyRecord, decodeCopy, encodeCopy } from './copy-record.js';

const root = 'last-good';
/** What a record holds. */
const maxCopyBytes = 64 * 1024;
const maxPending = 1_000;
const maxRemembered = 10_000;
/** A value that was read again is written again after this part of the time for which it may be given. */
const renewals = 10;
const longestRenewalMs = 60_000;

export interface OfflineCopiesOptions {
  /** Opens Keyward's own store at the first use. */
  readonly connect: () => Promise<RecordsClient>;
  /** The identity of each store of the chain that answers are kept of, by its name. */
  readonly identities: ReadonlyMap<string, string>;
  readonly maxStaleMs: number;
  readonly clock: Clock;
  readonly onFinding: (finding: Finding) => void;
}

/** What makes the answers of a store those of another configuration. Two that differ never share a copy. */
export interface CopyIdentity {
  readonly project: string | undefined;
  readonly environment: string;
  readonly provider: string;
  readonly kind: string;
  readonly origin: string;
}

/** One text for one identity, and another text for every other. */
export function identityText({ project, environment, provider, kind, origin }: CopyIdentity): string {
  return JSON.stringify([project ?? null, environment, provider, kind, origin]);
}

/**
 * Last good answers as sealed records of Keyward's own store. They are written in the background, one after the other.
 * An answer over 64 KiB is not kept.
 */
export class OfflineCopies implements LastGoodCopies {
  readonly #options: OfflineCopiesOptions;
  /** What this process wrote last, so that the same value is not written with every read. */
  readonly #written = new Map<string, { readonly bytes: Uint8Array; readonly atMs: number }>();
  #tail: Promise<void> = Promise.resolve();
  #pending = 0;
  #hasFailed = false;

  constructor(options: OfflineCopiesOptions) {
    this.#options = options;
  }

  async find(question: Question, key: string, link: AskedLink): Promise<LastGoodCopy | undefined> {
    const identity = this.#identityOf(link.provider.name);
    if (identity === undefined) return undefined;
    await this.#tail;
    const { connect, clock, maxStaleMs } = this.#options;
    const records = await connect();
    const found = await this.#read(records, identity, key, question);
    if (found === undefined) return undefined;
    const epoch = await clockEpoch(records, clockName(identity), clock);
    const ageMs = clock.now() - found.readAt;
    const isYoung = epoch === found.clockEpoch && ageMs >= -clockSlackMs && ageMs < maxStaleMs;
    if (!isYoung) return { answer: undefined };
    const readAtMs = clock.monotonic() - Math.max(0, ageMs);
    return { answer: { ...found.found, provider: link.provider.name, readAtMs, degraded: true } };
  }

  keep(key: string, answer: Answer): void {
    const identity = this.#identityOf(answer.provider);
    if (identity === undefined || this.#pending >= maxPending) return;
    const { clock, maxStaleMs } = this.#options;
    const name = copyName(identity, answer.ref.path, key);
    const written = this.#written.get(name);
    const renewAfterMs = Math.min(longestRenewalMs, maxStaleMs / renewals);
    const { bytes } = answer.payload;
    if (written !== undefined && answer.readAtMs < written.atMs + renewAfterMs && equalBytes(written.bytes, bytes))
      return;
    if (this.#written.size >= maxRemembered) this.#written.clear();
    this.#written.set(name, { bytes, atMs: answer.readAtMs });
    const readAt = Math.round(clock.now() - (clock.monotonic() - answer.readAtMs));
    this.#later(async (records) => {
      const epoch = await clockEpoch(records, clockName(identity), clock);
      const copy = encodeCopy({ identity, key, readAt, clockEpoch: epoch, found: answer });
      if (copy.length > maxCopyBytes) await this.#remove(records, name);
      else await replace(records, name, copy);
    });
  }

  forget(question: Question, key: string, link: AskedLink): void {
    const identity = this.#identityOf(link.provider.name);
    if (identity === undefined) return;
    const names = pathsOf(question.places).map((path) => copyName(identity, path, key));
    this.#later(async (records) => {
      for (const name of names) await this.#remove(records, name);
    });
  }

  forgetPlaces(places: readonly Place[]): void {
    this.#later(async (records) => {
      for (const identity of this.#options.identities.values()) {
        for (const path of pathsOf(places)) {
          for (const name of await records.list(copyName(identity, path, ''))) await this.#remove(records, name);
        }
      }
    });
  }

  /** Resolves when everything so far is done. */
  settled(): Promise<void> {
    return this.#tail;
  }

  #identityOf(provider: string): string | undefined {
    return this.#options.identities.get(provider);
  }

  /** The newest copy: the answer may have lain at several places in turn. */
  async #read(
    records: RecordsClient,
    identity: string,
    key: string,
    { places }: Question,
  ): Promise<CopyRecord | undefined> {
    const names = pathsOf(places).map((path) => copyName(identity, path, key));
    const kept = await Promise.all(names.map((name) => records.get(name)));
    const copies = kept.flatMap((record) => (record === undefined ? [] : [decodeCopy(record.bytes, identity, key)]));
    return copies.sort((a, b) => b.readAt - a.readAt)[0];
  }

  async #remove(records: RecordsClient, name: string): Promise<void> {
    this.#written.delete(name);
    for (;;) {
      const known = await records.get(name);
      if (known === undefined) return;
      const removed = await unlessConflict(records.remove(name, { ifRevision: known.revision }));
      if (removed) return;
    }
  }

  #later(act: (records: RecordsClient) => Promise<void>): void {
    this.#pending += 1;
    this.#tail = this.#tail.then(async () => {
      try {
        await act(await this.#options.connect());
        this.#hasFailed = false;
      } catch (cause) {
        this.#onFailure(cause);
      }
      this.#pending -= 1;
    });
  }

  #onFailure(cause: unknown): void {
    // What is not on record is written with the next read.
    this.#written.clear();
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const { message, advice } = toKeywardError(cause, 'keeping a last good value');
    this.#options.onFinding({
      severity: 'warning',
      where: '`cache.offline`',
      cause: `the last good values are not brought up to date: ${message}`,
      fix: advice,
    });
  }
}

async function replace(records: RecordsClient, name: string, bytes: Uint8Array): Promise<void> {
  for (;;) {
    const known = await records.get(name);
    const replaced = await unlessConflict(records.put(name, bytes, { ifRevision: known?.revision ?? 0 }));
    if (replaced) return;
  }
}

/** Whether it was done; not when another process was quicker. */
async function unlessConflict(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (isKeywardError(error, 'conflict', 'not_found')) return false;
    throw error;
  }
}

function pathsOf(places: readonly Place[]): readonly Path[] {
  return [...new Set(places.map(({ ref }) => ref.path))];
}

const clockName = (identity: string) => `${root}/${digest(identity)}/clock`;

/** Without a key, what the names of all copies of the path begin with. */
export function copyName(identity: string, path: Path, key: string): string {
  return `${root}/${digest(identity)}/${digest(path)}/${key === '' ? '' : digest(key)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(lp(text)).digest('hex').slice(0, 32);
}
