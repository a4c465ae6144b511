import { pathProblem } from '../../core/path.js';
import { CloudTrail } from './cloud-trail.js';
import { type EntryMembers, membersOf, textOf, timeOf } from './entry-members.js';
import type { AccessRecords, RecordedAccess, RecordGap } from './recorded-access.js';
import type { UpstreamLog } from './upstream-log.js';
import { VaultAudit } from './vault-audit.js';

/** Of a file that is one JSON object over many lines; it is parsed as a whole. */
const maxDocumentLength = 64 * 1024 * 1024;

interface Document {
  readonly lines: string[];
  length: number;
}

/**
 * Reads the lines of an access log ({@link import('../../core/access-entry.js').AccessEntry}, one JSON object with `"v":1`
 * a line), or of the audit log of another store, each by its content. Lines that are none are a gap: a reader may have
 * stood there. So are entries that say that others were lost.
 */
export class AccessLines {
  readonly #where: string;
  readonly #placed: (access: RecordedAccess) => readonly RecordedAccess[];
  readonly #upstream: readonly UpstreamLog[];
  readonly #accesses: RecordedAccess[] = [];
  readonly #damaged: number[] = [];
  /** The lines so far of a file that is one document. */
  #document: Document | undefined;
  #lost = 0;
  #beginsAt: Date | undefined;
  #number = 0;

  /**
   * @param where they lie, for gaps.
   * @param placed what is kept of an access: nothing, or the access with the path of the project.
   */
  constructor(where: string, placed: (access: RecordedAccess) => readonly RecordedAccess[] = (access) => [access]) {
    this.#where = where;
    this.#placed = placed;
    this.#upstream = [new VaultAudit((access) => placed(access).length > 0), new CloudTrail()];
  }

  push(line: string): void {
    this.#number += 1;
    if (this.#number === 1 && line.trim() === '{') this.#document = { lines: [], length: 0 };
    if (this.#document !== undefined) this.#gather(this.#document, line);
    else if (line !== '' && !this.#take(line)) this.#damaged.push(this.#number);
  }

  /** Takes what follows the last line. Answers whether it is whole, though it has no end. */
  last(line: string): boolean {
    this.#number += 1;
    if (this.#document === undefined) return this.#take(line);
    this.#gather(this.#document, line);
    return true;
  }

  end(): AccessRecords {
    const gaps: RecordGap[] = [];
    const gap = (cause: string) => gaps.push({ where: this.#where, cause });
    if (this.#document !== undefined) {
      const { lines, length } = this.#document;
      if (length > maxDocumentLength) gap('it is too large to be read as one object: give it as one event a line');
      else if (!this.#take(lines.join('\n'))) this.#damaged.push(1);
    }
    for (const log of this.#upstream) {
      const left = log.end();
      this.#keep(left.accesses);
      left.gaps.forEach(gap);
    }
    const [first] = this.#damaged;
    if (first !== undefined) {
      gap(`${this.#damaged.length} lines are no entries, the first is line ${first}: torn by a crash, or changed`);
    }
    if (this.#lost > 0) gap(`${this.#lost} entries could not be written, and are lost`);
    return { accesses: this.#accesses, gaps, beginsAt: this.#beginsAt };
  }

  #gather(document: Document, line: string): void {
    document.length += line.length + 1;
    if (document.length <= maxDocumentLength) document.lines.push(line);
  }

  /** Answers whether it is an entry. */
  #take(line: string): boolean {
    const entry = membersOf(line);
    for (const log of entry === undefined ? [] : this.#upstream) {
      const said = log.take(entry ?? {});
      if (said === undefined) continue;
      this.#begin(said.beginsAt);
      this.#keep(said.accesses);
      return true;
    }
    const time = entry?.['v'] === 1 ? timeOf(entry['time']) : undefined;
    const said = entry && time && accessIn(entry, time);
    if (time === undefined || said === undefined) return false;
    this.#begin(time);
    if ('lost' in said) this.#lost += said.lost;
    else if ('did' in said) this.#keep([said]);
    return true;
  }

  #begin(time: Date | undefined): void {
    if (time !== undefined && (this.#beginsAt === undefined || time < this.#beginsAt)) this.#beginsAt = time;
  }

  #keep(accesses: readonly RecordedAccess[]): void {
    for (const access of accesses) this.#accesses.push(...this.#placed(access));
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

function isPath(path: unknown): path is string {
  return typeof path === 'string' && pathProblem(path) === undefined;
}
