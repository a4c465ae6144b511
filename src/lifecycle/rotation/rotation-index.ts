import type { RecordsClient } from '../../core/client.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';

/** By the end of a journal's name: when the value was put into force at the earliest, or 0 where the journal has to be read. */
type Summary = Readonly<Record<string, number>>;

interface Page {
  readonly revision: number;
  readonly summary: Summary;
}

/** So many that those of sixty thousand secrets fit into records. The names of journals end with digits of a digest. */
const pages = 32;
const maxRaces = 20;

/**
 * What is under way and how old the rest is, in few records, so that nobody has to read a journal of every secret to find
 * those that are due. A rotation marks itself here before its first step and takes the mark away after its last one,
 * both while it holds the lease: what a crash leaves behind is a mark too many and never one too few.
 */
export class RotationIndex {
  readonly #records: RecordsClient;

  constructor(records: RecordsClient) {
    this.#records = records;
  }

  /** The journal has to be read from now on. @throws KeywardError as the records. */
  mark(name: string): Promise<void> {
    return this.#change(name, 0);
  }

  /** Nothing is under way, and the value is in force since then or later. @throws KeywardError as the records. */
  settle(name: string, sinceMs: number): Promise<void> {
    return this.#change(name, sinceMs);
  }

  /** What is known of the journals of these names. @throws KeywardError as the records. */
  async read(names: readonly string[]): Promise<IndexView> {
    const wanted = [...new Set(names.map(pageOf))];
    const view = new Map(await Promise.all(wanted.map(async (page) => [page, await this.#page(page)] as const)));
    return {
      sinceMs: (name) => view.get(pageOf(name))?.summary[keyOf(name)] || undefined,
      // A rotation that has begun meanwhile has changed its page, so that this is not written over its mark.
      learn: async (found) => {
        for (const [page, { revision, summary }] of view) {
          const news = [...found].filter(([name, at]) => pageOf(name) === page && summary[keyOf(name)] !== at);
          if (news.length === 0) continue;
          const learnt = { ...summary, ...Object.fromEntries(news.map(([name, at]) => [keyOf(name), at])) };
          await this.#put(page, revision, learnt);
        }
      },
    };
  }

  async #change(name: string, value: number): Promise<void> {
    for (let race = 0; race < maxRaces; race += 1) {
      const page = pageOf(name);
      const { revision, summary } = await this.#page(page);
      if (await this.#put(page, revision, { ...summary, [keyOf(name)]: value })) return;
    }
    throw new KeywardError('conflict', 'too many rotations begin at once', { advice: 'Try again.' });
  }

  async #page(page: string): Promise<Page> {
    const record = await this.#records.get(page);
    if (record === undefined) return { revision: 0, summary: {} };
    return { revision: record.revision, summary: JSON.parse(Buffer.from(record.bytes).toString()) };
  }

  /** Whether nobody was faster. */
  async #put(page: string, revision: number, summary: Summary): Promise<boolean> {
    try {
      await this.#records.put(page, Buffer.from(JSON.stringify(summary)), { ifRevision: revision });
      return true;
    } catch (error) {
      if (isKeywardError(error, 'conflict')) return false;
      throw error;
    }
  }
}

export interface IndexView {
  /** When the value was put into force, at the earliest; `undefined` where the journal has to be read. */
  sinceMs(name: string): number | undefined;
  /** Keeps what was found out, for the next time; where something has begun meanwhile, not. */
  learn(found: ReadonlyMap<string, number>): Promise<void>;
}

function pageOf(name: string): string {
  return `rotation-index/${Number.parseInt(name.slice(-2), 16) % pages || 0}`;
}

function keyOf(name: string): string {
  return name.slice(-16);
}
