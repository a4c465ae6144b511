import { type Clock, sleep } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { PhysicalStore } from '../physical/physical-store.js';
import { OutcomeUnknown, type RowAddress, type RowView, type Transaction } from './barrier.js';
import { Draft, type Workshop } from './draft.js';
import type { StoreHead } from './heads.js';
import type { NextState } from './verified-reader.js';

/** How long a transaction that meets conflicts is tried again, from its first try. */
const giveUpAfterMs = 2_000;
/** The first tries follow at once; from then on the pause grows by this much a try, times a random number below 1. */
const immediateTries = 3;
const pauseStepMs = 5;
/** Transactions that change nothing take no room in a commit, so that their number needs a bound of its own. */
const maxMerged = 100;

interface Waiting {
  /** Builds the transaction on the draft and takes it in. Answers how to settle it, or `full` for the next commit. */
  readonly buildOn: (draft: Draft) => Promise<Built | 'full'>;
  readonly expected: readonly RowAddress[];
  readonly reject: (error: unknown) => void;
  firstTriedAt: number | undefined;
}

interface Built {
  readonly waiting: Waiting;
  readonly hasChanges: boolean;
  /** Gives the caller what `build` answered or threw. */
  readonly settle: () => void;
}

export interface CommitQueueOptions extends Workshop {
  readonly physical: PhysicalStore;
  readonly clock: Clock;
  /** Whether the head is to be marked as written after an unaccepted rollback. */
  readonly rollbackDisputed: () => boolean;
  readonly onCommitted: (head: StoreHead) => void;
}

/** Merges the transactions that wait in this process into as few commits as the limits allow, one commit at a time. */
export class CommitQueue {
  readonly #options: CommitQueueOptions;
  #waiting: Waiting[] = [];
  /** How many of those that wait each get a commit of their own. */
  #alone = 0;
  #running: Promise<void> | undefined;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  submit<T>(build: (view: RowView) => Promise<Transaction<T>>, expected: readonly RowAddress[]): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        buildOn: (draft) => buildOn(draft, build, { resolve, reject, waiting }),
        expected,
        reject,
        firstTriedAt: undefined,
      };
      this.#waiting.push(waiting);
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let failedTries = 0; this.#waiting.length > 0; ) {
      if (failedTries >= immediateTries) await this.#pause((failedTries - immediateTries + 1) * pauseStepMs);
      // A smaller commit is sooner built: less can come between.
      const most = this.#alone > 0 ? 1 : Math.ceil(maxMerged / 2 ** failedTries);
      failedTries = (await this.#commitOnce(most)) ? 0 : failedTries + 1;
    }
    // In the same turn as the last look at the queue: whoever comes next must start it again.
    this.#running = undefined;
  }

  /** False when the store went on meanwhile, so that everything is to be built again. */
  async #commitOnce(most: number): Promise<boolean> {
    const draft = new Draft(this.#options, this.#options.physical.limits);
    const built = await this.#fill(draft, most);
    const failure = draft.hasMoved ? undefined : await failureOf(draft.loadReplaced());
    if (draft.hasMoved) {
      this.#tryAgain(built);
      return false;
    }
    this.#alone = Math.max(0, this.#alone - built.length);
    if (failure !== undefined) {
      this.#settleUnread(built, failure);
      return true;
    }
    if (!draft.hasChanges) {
      for (const { settle } of built) settle();
      return true;
    }
    try {
      return await this.#commit(draft, built);
    } catch (error) {
      const cause = isKeywardError(error) ? error : new OutcomeUnknown(error);
      this.#failChanges(built, cause);
      return true;
    }
  }

  /** Begins a moment later, so that the rows of transactions that are asked for at the same time are read together. */
  async #fill(draft: Draft, most: number): Promise<readonly Built[]> {
    await Promise.resolve();
    await draft.prefetch(this.#waiting.slice(0, most).flatMap(({ expected }) => expected));
    const built: Built[] = [];
    while (built.length < most && !draft.hasMoved) {
      const next = this.#waiting[0];
      if (next === undefined) break;
      next.firstTriedAt ??= this.#options.clock.monotonic();
      const result = await next.buildOn(draft);
      if (result === 'full') break;
      this.#waiting.shift();
      built.push(result);
    }
    return built;
  }

  async #commit(draft: Draft, built: readonly Built[]): Promise<boolean> {
    const { physical, reader, rollbackDisputed } = this.#options;
    const { commit, next } = draft.finish(rollbackDisputed());
    reader.expect(next);
    const outcome = await physical.commit(commit);
    if (outcome.kind === 'conflict') {
      this.#tryAgain(built);
      return false;
    }
    if (outcome.kind === 'unknown') this.#failChanges(built, new OutcomeUnknown(outcome.cause));
    else this.#succeed(next, built);
    return true;
  }

  #succeed(next: NextState, built: readonly Built[]): void {
    this.#options.reader.adopt(next);
    this.#options.onCommitted(next.head);
    for (const { settle } of built) settle();
  }

  /** A row that one of them replaces cannot be read: which one it is shows when each is built alone. */
  #settleUnread(built: readonly Built[], failure: unknown): void {
    if (built.length === 1) this.#failChanges(built, failure);
    else {
      this.#alone = built.length;
      this.#tryAgain(built);
    }
  }

  /** What changed nothing may have been answered from changes that did not come about: it is built again. */
  #failChanges(built: readonly Built[], error: unknown): void {
    for (const { hasChanges, waiting } of built) if (hasChanges) waiting.reject(error);
    this.#tryAgain(built.filter(({ hasChanges }) => !hasChanges));
  }

  #tryAgain(built: readonly Built[]): void {
    const now = this.#options.clock.monotonic();
    const isLate = ({ firstTriedAt = now }: Waiting) => now - firstTriedAt >= giveUpAfterMs;
    const again = built.map(({ waiting }) => waiting);
    for (const waiting of again) if (isLate(waiting)) waiting.reject(tooManyConflicts());
    this.#waiting = [...again.filter((waiting) => !isLate(waiting)), ...this.#waiting];
  }

  async #pause(maxMs: number): Promise<void> {
    await sleep(this.#options.clock, Math.random() * maxMs);
  }
}

async function failureOf(work: Promise<void>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    return error;
  }
}

async function buildOn<T>(
  draft: Draft,
  build: (view: RowView) => Promise<Transaction<T>>,
  caller: { resolve: (result: T) => void; reject: (error: unknown) => void; waiting: Waiting },
): Promise<Built | 'full'> {
  const { waiting } = caller;
  const part = draft.begin();
  try {
    const { changes, result } = await build(part);
    part.stage(changes);
    if (part.isTooLarge) {
      throw new KeywardError('too_large', 'the change touches more rows or bytes than one commit can hold');
    }
    if (!draft.hasRoomFor(part)) return 'full';
    draft.take(part);
    return { waiting, hasChanges: part.changes.size > 0, settle: () => caller.resolve(result) };
  } catch (error) {
    return { waiting, hasChanges: false, settle: () => caller.reject(error) };
  }
}

function tooManyConflicts(): KeywardError {
  return new KeywardError('conflict', 'the change could not be committed: others kept changing the store', {
    advice: 'Try again.',
  });
}
