import type { Clock, Timer } from '../../core/clock.js';
import { toKeywardError } from '../../core/errors.js';
import type { Observer } from '../../core/observer.js';
import type { Sequencer } from '../physical/sequencer.js';
import { claimedPosition, encodeAnchor } from './anchor.js';
import type { AnchorFile } from './anchor-file.js';
import { isBefore, type StoreHead } from './heads.js';
import type { StoreKeys } from './store-keys.js';

const writeAtMostEveryMs = 1_000;
/** How long a turn to write the anchor is waited for. */
export const turnWithinMs = 2_000;

export interface AnchorPlace {
  readonly file: AnchorFile;
  /** Orders the processes that write the anchor. Its state is left as it is. */
  readonly sequencer: Sequencer;
}

export interface AnchorKeeperOptions {
  readonly place: AnchorPlace;
  readonly storeId: string;
  readonly keys: StoreKeys;
  readonly clock: Clock;
  readonly observer: Observer;
}

interface Noted {
  readonly head: StoreHead;
  readonly bytes: Uint8Array;
}

/** Keeps the anchor at most a second behind the commits of this process. Commits do not wait for it. */
export class AnchorKeeper {
  readonly #options: AnchorKeeperOptions;
  #noted: Noted | undefined;
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #lastWrite = Number.NEGATIVE_INFINITY;

  constructor(options: AnchorKeeperOptions) {
    this.#options = options;
  }

  /** The store is durably at this head. The anchor is sealed at once, so that it can still be written once keys are gone. */
  note(head: StoreHead): void {
    const { keys, storeId } = this.#options;
    this.#noted = { head, bytes: encodeAnchor(keys, storeId, head) };
    this.#schedule();
  }

  /** Writes what was noted last. Problems go to the observer: the commits themselves are safe. */
  async flush(): Promise<void> {
    await this.#writing;
    this.#timer?.cancel();
    this.#start();
    await this.#writing;
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    const { clock } = this.#options;
    const waitMs = this.#lastWrite + writeAtMostEveryMs - clock.monotonic();
    if (waitMs <= 0) this.#start();
    else this.#timer = clock.after(waitMs, () => this.#start(), { background: true });
  }

  #start(): void {
    this.#timer = undefined;
    const noted = this.#noted;
    if (noted === undefined) return;
    this.#noted = undefined;
    this.#lastWrite = this.#options.clock.monotonic();
    this.#writing = this.#write(noted).then((isWritten) => {
      this.#writing = undefined;
      // What failed is tried again with the next commit, or at close.
      if (!isWritten) this.#noted ??= noted;
      else if (this.#noted !== undefined) this.#schedule();
    });
  }

  async #write({ head, bytes }: Noted): Promise<boolean> {
    const { place, storeId } = this.#options;
    try {
      await place.sequencer.exclusive(
        () => {
          const there = place.file.read();
          // One that claims more, or is none of ours, is left for the next opening to judge.
          const position = there && claimedPosition(storeId, there);
          const isForward = there === undefined || (position !== undefined && isBefore(position, head));
          if (isForward) place.file.write(bytes);
          return { state: undefined, result: undefined };
        },
        { deadlineMs: turnWithinMs },
      );
      return true;
    } catch (error) {
      this.#options.observer.finding({
        severity: 'warning',
        where: place.file.where,
        cause: `the anchor of the store could not be written: ${toKeywardError(error, 'writing it').message}`,
        fix: 'Make the folder writable. Until then a store that is put back to an older state is not noticed.',
      });
      return false;
    }
  }
}
