import type { Readable, Writable } from 'node:stream';
import type { Clock, Timer } from '../../core/clock.js';
import type { RedactedStream } from '../../redaction/redacted-stream.js';
import type { Redactor } from '../../redaction/redactor.js';

/** How long an output pauses before what is held back of it is shown, as far as that is safe. */
const pauseMs = 20;

/** Copies one output of a program into one of ours, masked, as fast as ours is read. */
export class MaskedCopy {
  readonly #source: Readable;
  readonly #target: Writable;
  readonly #clock: Clock;
  readonly #stream: RedactedStream;

  constructor(source: Readable, target: Writable, stream: RedactedStream, clock: Clock) {
    this.#source = source;
    this.#target = target;
    this.#stream = stream;
    this.#clock = clock;
  }

  /** From now on masked by this one, which must mask all that the one before did. */
  use(redactor: Redactor): void {
    redactor.takeOver(this.#stream);
  }

  /**
   * Until the source ends. When our output takes no more, the source is closed, so that the program learns it as it would
   * from an output of its own. Never rejects.
   */
  async run(): Promise<void> {
    // Nobody else may end this process for it: the program decides how to go on.
    this.#target.removeAllListeners('error').on('error', () => undefined);
    let pause: Timer | undefined;
    for await (const chunk of this.#source) {
      pause?.cancel();
      if (!(await this.#write(this.#stream.write(chunk)))) return;
      if (this.#stream.pending) pause = this.#clock.after(pauseMs, () => void this.#write(this.#stream.flush()));
    }
    pause?.cancel();
    await this.#write(this.#stream.end());
  }

  /** Whether it was taken. */
  #write(bytes: Uint8Array): Promise<boolean> {
    if (bytes.length === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#target.write(bytes, (error) => resolve(!error));
    });
  }
}
