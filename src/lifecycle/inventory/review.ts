import type { Finding } from '../../core/finding.js';
import type { Inventory } from '../../core/inventory.js';
import type { Path } from '../../core/path.js';
import type { Reader } from '../access/readers.js';
import type { RecordGap } from '../access/recorded-access.js';
import type { LoggedRotation } from '../rotation/rotation-log.js';
import type { CheckedSecret } from './check-secrets.js';
import type { ChecklistResult } from './run-checklist.js';

/** What a review is made of. */
export interface ReviewFacts {
  readonly project: string | undefined;
  readonly environment: string;
  /** The time under review. */
  readonly from: Date;
  readonly to: Date;
  readonly inventory: Inventory;
  readonly secrets: readonly CheckedSecret[];
  /** Of secrets with a rotator. */
  readonly rotations: ReadonlyMap<Path, readonly LoggedRotation[]>;
  /** Of the time under review. */
  readonly readers: readonly Reader[];
  readonly gaps: readonly RecordGap[];
  readonly checklist: readonly ChecklistResult[];
}

export interface ReviewedSecret {
  readonly path: string;
  readonly owner: string | undefined;
  readonly state: CheckedSecret['state'];
  readonly isOverdue: boolean;
  readonly rotationDueAt: Date | undefined;
  readonly expiresAt: Date | undefined;
  /** How many rotations ended in the time under review. */
  readonly rotations: number;
  /** Who read it, sorted, and when it was read last. */
  readonly readBy: readonly string[];
  readonly lastReadAt: Date | undefined;
}

export interface ReviewedPrincipal {
  readonly principal: string;
  readonly reads: number;
  readonly secrets: readonly string[];
  /** What it asked for and did not get. */
  readonly refused: readonly string[];
  readonly lastAt: Date;
}

/** The state of a project's secrets over some time, for people who answer for them. It holds no value. */
export interface Review extends Pick<ReviewFacts, 'project' | 'environment' | 'from' | 'to' | 'gaps'> {
  readonly secrets: readonly ReviewedSecret[];
  readonly principals: readonly ReviewedPrincipal[];
  /** Secrets that are there and that nobody read, as far as the records say. */
  readonly unread: readonly string[];
  /** What was read and is not in the inventory. */
  readonly unlisted: readonly string[];
  readonly lines: readonly Pick<ChecklistResult, 'id' | 'title' | 'state' | 'by' | 'until'>[];
  /** What is to be done. */
  readonly findings: readonly Finding[];
}

/** Puts together what is known. Everything is in the order of its names, so that two reviews can be compared. */
export function reviewOf(facts: ReviewFacts): Review {
  const { project, environment, from, to, inventory, secrets, rotations, readers, gaps, checklist } = facts;
  const reads = readers.filter(({ did }) => did === 'read');
  const reviewed = secrets
    .map(({ path, owner, state, isOverdue, rotationDueAt, expiresAt }): ReviewedSecret => {
      const own = reads.filter((reader) => reader.path === path);
      const ended = (rotations.get(path) ?? []).filter(({ outcome, steps }) => {
        const at = steps.at(-1)?.at ?? 0;
        return outcome === 'retired' && at >= from.getTime() && at <= to.getTime();
      });
      return {
        ...{ path, owner, state, isOverdue, rotationDueAt, expiresAt },
        rotations: ended.length,
        readBy: namesOf(own, ({ principal }) => principal),
        lastReadAt: latest(own),
      };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    ...{ project, environment, from, to, gaps },
    secrets: reviewed,
    principals: principalsOf(readers),
    unread: reviewed.filter(({ state, readBy }) => state === 'present' && readBy.length === 0).map(({ path }) => path),
    unlisted: namesOf(reads, ({ path }) => path).filter((path) => !isListed(inventory, path)),
    lines: checklist.map(({ id, title, state, by, until }) => ({ id, title, state, by, until })),
    findings: [...secrets, ...checklist].flatMap(({ findings }) => findings),
  };
}

function principalsOf(readers: readonly Reader[]): readonly ReviewedPrincipal[] {
  return namesOf(readers, ({ principal }) => principal).map((principal) => {
    const own = readers.filter((reader) => reader.principal === principal);
    const reads = own.filter(({ did }) => did === 'read');
    return {
      principal,
      reads: reads.reduce((sum, { count }) => sum + count, 0),
      secrets: namesOf(reads, ({ path }) => path),
      refused: namesOf(
        own.filter(({ did, outcomes }) => did === 'tried' && outcomes.includes('denied')),
        ({ path }) => path,
      ),
      lastAt: latest(own) ?? new Date(0),
    };
  });
}

function isListed(inventory: Inventory, path: string): boolean {
  return [...inventory.keys()].some((listed) => listed === path);
}

function namesOf(readers: readonly Reader[], of: (reader: Reader) => string): readonly string[] {
  return [...new Set(readers.map(of))].sort();
}

function latest(readers: readonly Reader[]): Date | undefined {
  return readers
    .map(({ last }) => last)
    .reduce<Date | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined);
}
