import { randomBytes } from '../../../../crypto/random.js';
import { decodeRecoveryCode, encodeRecoveryCode } from '../../../../crypto/recovery-code.js';
import { requireParameters } from '../parameters.js';
import type { Enrolment, Slot, SlotParameters } from '../slot.js';

const kind = 'recovery';
const keyBytes = 32;

export interface RecoverySlotOptions {
  /** Hands the new code (ASCII) to the user. When it throws, nothing is enrolled. */
  readonly show: (code: Uint8Array) => Promise<void>;
  /** Gets the code from the user as typed; `undefined` when there is nobody to ask. */
  readonly ask: () => Promise<Uint8Array | undefined>;
}

/** A slot key that exists only on paper: a recovery code, shown once. */
export class RecoverySlot implements Slot {
  readonly kind = kind;
  readonly #options: RecoverySlotOptions;
  #code: Promise<Uint8Array | undefined> | undefined;

  constructor(options: RecoverySlotOptions) {
    this.#options = options;
  }

  async enrol(): Promise<Enrolment> {
    const slotKey = randomBytes(keyBytes);
    await this.#options.show(encodeRecoveryCode(slotKey));
    return { slotKey, parameters: {} };
  }

  async discard(): Promise<void> {}

  async unlock(parameters: SlotParameters): Promise<Uint8Array | undefined> {
    requireParameters(kind, parameters);
    this.#code ??= this.#options.ask();
    const code = await this.#code;
    return code && decodeRecoveryCode(code);
  }
}
