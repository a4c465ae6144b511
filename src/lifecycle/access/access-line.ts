import { pathProblem } from '../../core/path.js';
import type { AccessRecords, RecordedAccess, RecordGap } from './recorded-access.js';

/** The members of one entry of the access log, of whichever version; nothing about them is certain. */
export type EntryMembers = Readonly<Record<string, unknown>>;

/**
 * Reads the lines of an access log ({@link import('../../core/access-entry.js').AccessEntry}, one JSON object with `"v":1`
 * a line). Lines that are none are a gap: a reader may have stood there. So are entries that say that others were lost.
 */
export class AccessLines {
  readonly #where: string;
  readonly #isWanted: (access: RecordedAccess) => boolean;
  readonly #accesses: RecordedAccess[] = [];
  readonly #damaged: number[] = [];
  #lost = 0;
  #beginsAt: Date | undefined;
  #number = 0;

  /** @param where they lie, for gaps. @param isWanted which accesses are kept. */
  constructor(where: string, isWanted: (access: RecordedAccess) => boolean = () => true) {
    this.#where = where;
    this.#isWanted = isWanted;
  }

  push(line: string): void {
    this.#number += 1;
    if (line === '') return;
    const entry = membersOf(line);
    const time = entry?.['v'] === 1 ? timeOf(entry['time']) : undefined;
    const said = entry && time && accessIn(entry, time);
    if (time === undefined || said === undefined) {
      this.#damaged.push(this.#number);
      return;
    }
    if (this.#beginsAt === undefined || time < this.#beginsAt) this.#beginsAt = time;
    if ('lost' in said) this.#lost += said.lost;
    else if ('did' in said && this.#isWanted(said)) this.#accesses.push(said);
  }

  end(): AccessRecords {
    const gaps: RecordGap[] = [];
    const gap = (cause: string) => gaps.push({ where: this.#where, cause });
    const [first] = this.#damaged;
    if (first !== undefined) {
      gap(`${this.#damaged.length} lines are no entries, the first is line ${first}: torn by a crash, or changed`);
    }
    if (this.#lost > 0) gap(`${this.#lost} entries could not be written, and are lost`);
    return { accesses: this.#accesses, gaps, beginsAt: this.#beginsAt };
  }
}

const nothing = {} as const;

/** What one entry says: an access, how many were lost, nothing about secrets, or `undefined` when it has not the form of an entry. */
export function accessIn(
  entry: EntryMembers,
  time: Date,
): RecordedAccess | { readonly lost: number } | typeof nothing | undefined {
  const { event, path, principal, process, provider, version, count = 1 } = entry;
  if (event === 'api_call') return nothing;
  if (typeof principal !== 'string' || typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1)
    return undefined;
  if (event === 'lost') return { lost: count };
  if (event === 'key_use' && entry['answer'] === 'unknown') return nothing;
  const outcome = event === 'key_use' ? entry['answer'] : entry['outcome'];
  if (
    (event !== 'access' && event !== 'key_use') ||
    typeof provider !== 'string' ||
    typeof outcome !== 'string' ||
    !isPath(path)
  )
    return undefined;
  if (outcome === 'absent') return nothing;
  const isFine = outcome === 'found' || outcome === 'accepted';
  return {
    time,
    path,
    did: event === 'key_use' ? 'presented' : isFine ? 'read' : 'tried',
    principal,
    source: `local:${typeof process === 'number' ? process : '?'}`,
    store: provider,
    version: typeof version === 'string' || typeof version === 'number' ? String(version) : undefined,
    field: undefined,
    outcome: isFine ? 'ok' : outcome,
    count,
    project: textOf(entry['project']),
    environment: textOf(entry['environment']),
  };
}

function membersOf(line: string): EntryMembers | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null ? { ...entry } : undefined;
  } catch {
    return undefined;
  }
}

export function timeOf(text: unknown): Date | undefined {
  if (typeof text !== 'string') return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function isPath(path: unknown): path is string {
  return typeof path === 'string' && pathProblem(path) === undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
