import { type Clock, sleep, type Timer } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { fileError } from '../../host/file-error.js';
import type { Sequencer } from '../../store/physical/sequencer.js';
import type { AuditClass } from './audit-log.js';
import type { ChainWriter, LineRequest } from './chain-writer.js';

export interface AppendQueueOptions {
  readonly writer: ChainWriter;
  readonly sequencer: Sequencer;
  readonly clock: Clock;
  /** Given every checkpoint once it is durable. Never rejects. */
  readonly onCheckpoint: (checkpoint: Uint8Array) => Promise<void>;
  readonly onSealed: (reason: KeywardError) => void;
}

type QueuedRequest = LineRequest | { readonly kind: 'sync' };

interface Waiting {
  readonly request: QueuedRequest;
  readonly durability: AuditClass;
  isSettled: boolean;
  settle(): void;
  resolve(checkpoint: Uint8Array | undefined): void;
  reject(error: KeywardError): void;
}

const deadlineMs = 2000;
const syncDelayMs = 100;
const linesPerTurn = 1000;

/**
 * Lines that wait to be written. All that wait when the turn comes are written with one write and one sync. Whoever waits
 * for two seconds is refused, and its line, if it is not written by then, never will be.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  #waiting: Waiting[] = [];
  #working: Promise<void> | undefined;
  #syncTimer: Timer | undefined;
  #refusal: KeywardError | undefined;
  #isClosed = false;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  get isSealed(): boolean {
    return this.#refusal !== undefined;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Resolves when the line is as durable as its class demands, with the newest checkpoint that was written with it.
   *
   * @throws KeywardError `unavailable`, saying why.
   */
  add(request: QueuedRequest, durability: AuditClass): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#refusal !== undefined) {
        reject(this.#refusal);
        return;
      }
      const timer = this.#options.clock.after(deadlineMs, () => waiting.reject(tooLate()));
      const waiting: Waiting = {
        request,
        durability,
        isSettled: false,
        settle: () => {
          waiting.isSettled = true;
          timer.cancel();
        },
        resolve: (checkpoint) => {
          waiting.settle();
          resolve(checkpoint);
        },
        reject: (error) => {
          waiting.settle();
          reject(error);
        },
      };
      this.#waiting.push(waiting);
      this.#working ??= this.#work();
    });
  }

  /** From now on every line is refused for this reason. */
  seal(reason: KeywardError): void {
    if (this.#refusal !== undefined) return;
    this.#refusal = refusalOf(reason, 'This process stops; see `keyward audit verify`, then start it again.');
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#refusal);
    this.#options.onSealed(this.#refusal);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#refusal ??= new KeywardError('unavailable', 'the audit log is closed', { store: 'audit log' });
    this.#syncTimer?.cancel();
    const grace = new AbortController();
    const isOver = sleep(this.#options.clock, deadlineMs, grace.signal).catch(() => undefined);
    await Promise.race([this.#working, isOver]);
    grace.abort();
  }

  /** Begins a moment later, so that what is asked for at the same time is written together. */
  async #work(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#writeTogether();
    this.#working = undefined;
  }

  async #writeTogether(): Promise<void> {
    const batch: Waiting[] = [];
    const { length } = this.#waiting;
    const take = (count: number) => batch.push(...this.#waiting.splice(0, count));
    try {
      const checkpoint = await this.#write(() => take(linesPerTurn), batch);
      settleAll(batch, 'written', checkpoint);
      if (batch.every(({ durability }) => durability === 'written') && checkpoint === undefined) {
        this.#syncLater();
        return;
      }
      await this.#sync();
      if (checkpoint !== undefined) await this.#options.onCheckpoint(checkpoint);
      settleAll(batch, 'synced', checkpoint);
    } catch (error) {
      const reason = fileError(error, 'write', 'the audit log');
      if (reason.code === 'integrity') this.seal(reason);
      const refusal = this.#refusal ?? refusalOf(reason, reason.advice);
      // No turn came, and those who waited for it all the time are refused.
      if (batch.length === 0) take(length);
      for (const waiting of batch) waiting.reject(refusal);
    }
  }

  async #write(takeWaiting: () => void, batch: readonly Waiting[]): Promise<Uint8Array | undefined> {
    if (this.#waiting.every(({ request }) => request.kind === 'sync')) {
      takeWaiting();
      return undefined;
    }
    const { checkpoint, isFull } = await this.#options.sequencer.exclusive(
      (state) => {
        takeWaiting();
        return this.#options.writer.write(state, linesOf(batch));
      },
      { deadlineMs },
    );
    if (!isFull) return checkpoint;
    await this.#sync();
    throw new KeywardError('unavailable', 'the disk is full', { advice: 'Free some space, then retry.' });
  }

  /** What was written and not synced may be lost, and a second sync would not say so: there is no way on from here. */
  async #sync(): Promise<void> {
    this.#syncTimer?.cancel();
    this.#syncTimer = undefined;
    try {
      await this.#options.writer.sync();
    } catch (error) {
      const failed = new KeywardError('integrity', 'a sync failed, so that written lines may be lost', {
        cause: error,
      });
      this.seal(failed);
      throw failed;
    }
  }

  #syncLater(): void {
    this.#syncTimer ??= this.#options.clock.after(
      syncDelayMs,
      () => {
        this.#syncTimer = undefined;
        // A failure seals the log; there is nobody else to tell.
        this.add({ kind: 'sync' }, 'synced').catch(() => {});
      },
      { background: true },
    );
  }
}

/** Those who gave up by now are left out: they were told that nothing was recorded. */
function linesOf(batch: readonly Waiting[]): LineRequest[] {
  return batch
    .filter(({ isSettled }) => !isSettled)
    .map(({ request }) => request)
    .filter((request) => request.kind !== 'sync');
}

function settleAll(batch: readonly Waiting[], durability: AuditClass, checkpoint: Uint8Array | undefined): void {
  for (const waiting of batch) {
    if (waiting.durability === durability) waiting.resolve(checkpoint);
  }
}

function refusalOf(reason: KeywardError, advice: string): KeywardError {
  const message = reason.code === 'timeout' ? 'another process holds it and does not move' : reason.message;
  return new KeywardError('unavailable', `the audit log cannot be written: ${message}`, {
    store: 'audit log',
    advice,
    cause: reason,
  });
}

function tooLate(): KeywardError {
  return new KeywardError('unavailable', 'the audit log did not take an entry within two seconds', {
    store: 'audit log',
    advice: 'See whether its disk is blocked or another process of this store is stopped, then retry.',
  });
}
