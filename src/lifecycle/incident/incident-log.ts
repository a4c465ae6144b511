import { randomBytes, randomUUID } from 'node:crypto';
import type { RecordsClient } from '../../core/client.js';
import type { Clock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Facts, Incident } from './incident.js';
import { readDocument, writeDocument } from './record-document.js';

const root = 'incident/';

export interface IncidentParts {
  readonly records: RecordsClient;
  readonly clock: Clock;
  /** Who does what is noted. */
  readonly by: string;
}

/** Every incident, the earliest first. */
export async function listIncidents(records: RecordsClient): Promise<readonly Incident[]> {
  const names = (await records.list(root)).filter((name) => !name.slice(root.length).includes('/'));
  const found: Incident[] = [];
  for (const name of names) {
    const incident = (await readDocument(records, name))?.value;
    if (incident !== undefined) found.push(incident as Incident);
  }
  return found.sort((a, b) => a.startedAt - b.startedAt);
}

/** One incident in the hands of this process: whatever becomes of it is written down before the next step. */
export class IncidentLog {
  readonly #parts: IncidentParts;
  #revision: number;
  #now: Incident;

  private constructor(parts: IncidentParts, revision: number, now: Incident) {
    this.#parts = parts;
    this.#revision = revision;
    this.#now = now;
  }

  static async begin(
    parts: IncidentParts,
    about: Omit<Incident, 'id' | 'startedBy' | 'hasFacts' | 'answers' | 'events'>,
  ): Promise<IncidentLog> {
    const { startedAt } = about;
    const id = `${new Date(startedAt).toISOString().slice(0, 10)}-${randomBytes(3).toString('hex')}`;
    const events = [{ at: startedAt, by: parts.by, what: `began: ${about.kind}` }];
    const now: Incident = { ...about, id, startedBy: parts.by, hasFacts: false, answers: {}, events };
    const revision = await writeDocument(parts.records, root + id, now, 0);
    return new IncidentLog(parts, revision, now);
  }

  /** @throws KeywardError `not_found` */
  static async open(parts: IncidentParts, id: string): Promise<IncidentLog> {
    const found = /^[0-9a-f-]{1,40}$/.test(id) ? await readDocument(parts.records, root + id) : undefined;
    if (found === undefined) {
      throw new KeywardError('not_found', 'there is no incident with this id', {
        advice: 'See: keyward incident list',
      });
    }
    return new IncidentLog(parts, found.revision, found.value as Incident);
  }

  get now(): Incident {
    return this.#now;
  }

  /** @param what was done, for the report. @throws KeywardError `conflict` when another process goes on with it. */
  async save(change: Partial<Incident>, what?: string): Promise<void> {
    const { records, clock, by } = this.#parts;
    const events = what === undefined ? this.#now.events : [...this.#now.events, { at: clock.now(), by, what }];
    const next = { ...this.#now, ...change, events };
    try {
      this.#revision = await writeDocument(records, root + this.#now.id, next, this.#revision);
    } catch (error) {
      if (!isKeywardError(error, 'conflict')) throw error;
      throw new KeywardError('conflict', `another process goes on with incident ${this.#now.id}`, {
        advice: 'Wait until it has ended, then run: keyward incident resume',
        cause: error,
      });
    }
    this.#now = next;
  }

  /** Frozen once: facts that are there stay. */
  async keepFacts(facts: Facts, when: 'facts' | 'later' = 'facts'): Promise<void> {
    const name = this.#factsName(when);
    const kept = await readDocument(this.#parts.records, name);
    if (kept === undefined) await writeDocument(this.#parts.records, name, facts, 0);
  }

  /** @throws KeywardError `integrity` */
  async facts(): Promise<Facts> {
    const found = await readDocument(this.#parts.records, this.#factsName('facts'));
    if (found === undefined) throw new KeywardError('integrity', `incident ${this.#now.id} lacks its facts`);
    return found.value as Facts;
  }

  /** What happened while it was answered; `undefined` before everything is rotated. */
  async laterFacts(): Promise<Facts | undefined> {
    return (await readDocument(this.#parts.records, this.#factsName('later')))?.value as Facts | undefined;
  }

  /** Adds what records say that were not there when it began. */
  async handIn(facts: Facts): Promise<void> {
    const name = randomUUID();
    await writeDocument(this.#parts.records, this.#factsName(name), facts, 0);
    const where = facts.sources.map((source) => source.where).join(', ');
    await this.save({ handedIn: [...(this.#now.handedIn ?? []), name] }, `read ${where}`);
  }

  /** In the order in which they were handed in. */
  async factsHandedIn(): Promise<readonly Facts[]> {
    const names = this.#now.handedIn ?? [];
    const found = await Promise.all(names.map((name) => readDocument(this.#parts.records, this.#factsName(name))));
    return found.flatMap((one) => (one === undefined ? [] : [one.value as Facts]));
  }

  #factsName(name: string): string {
    return `${root}${this.#now.id}/${name}`;
  }
}
