import { KeywardError } from '../../../../core/errors.js';
import { type Argon2Cost, argon2Bounds, argon2id } from '../../../../crypto/argon2.js';
import { fromHex, toHex } from '../../../../crypto/encoding.js';
import { randomBytes } from '../../../../crypto/random.js';
import { requireParameters, wrongParameters } from '../parameters.js';
import type { Enrolment, Slot, SlotParameters } from '../slot.js';

const kind = 'passphrase';
const saltBytes = 16;

/** About half a second on one core, and too much memory for cheap parallel guessing. */
const defaultCost: Argon2Cost = { memoryKiB: 256 * 1024, passes: 3, lanes: 4 };

export interface PassphraseSlotOptions {
  /**
   * Gets the passphrase from the user, as UTF-8; `undefined` when there is nobody to ask. Called once per slot object,
   * when it is first needed.
   */
  readonly ask: () => Promise<Uint8Array | undefined>;
  /** Of a new enrolment. An existing one keeps the cost that the header names. */
  readonly cost?: Argon2Cost;
}

/** A slot key derived from a passphrase by Argon2id. The header holds its salt and cost. */
export class PassphraseSlot implements Slot {
  readonly kind = kind;
  readonly #ask: () => Promise<Uint8Array | undefined>;
  readonly #cost: Argon2Cost;
  #passphrase: Promise<Uint8Array | undefined> | undefined;

  constructor(options: PassphraseSlotOptions) {
    this.#ask = options.ask;
    this.#cost = options.cost ?? defaultCost;
  }

  async enrol(): Promise<Enrolment> {
    const passphrase = await this.#answer();
    if (passphrase === undefined || passphrase.length === 0) {
      throw new KeywardError('invalid', 'a passphrase slot needs a passphrase', { advice: 'Enter a passphrase.' });
    }
    const salt = randomBytes(saltBytes);
    const slotKey = await argon2id(passphrase, salt, this.#cost);
    const { memoryKiB, passes, lanes } = this.#cost;
    return { slotKey, parameters: { salt: toHex(salt), memoryKiB, passes, lanes } };
  }

  async discard(): Promise<void> {}

  async unlock(parameters: SlotParameters): Promise<Uint8Array | undefined> {
    const { salt, cost } = parse(parameters);
    const passphrase = await this.#answer();
    return passphrase && argon2id(passphrase, salt, cost);
  }

  #answer(): Promise<Uint8Array | undefined> {
    this.#passphrase ??= this.#ask();
    return this.#passphrase;
  }
}

function parse(parameters: SlotParameters): { salt: Uint8Array; cost: Argon2Cost } {
  requireParameters(kind, parameters, 'salt', 'memoryKiB', 'passes', 'lanes');
  const { salt } = parameters;
  if (typeof salt !== 'string' || !/^[0-9a-f]{32}$/.test(salt)) throw wrongParameters(kind);
  const bounded = (name: keyof Argon2Cost): number => {
    const value = parameters[name];
    const { min, max } = argon2Bounds[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw wrongParameters(kind);
    }
    return value;
  };
  return {
    salt: fromHex(salt),
    cost: { memoryKiB: bounded('memoryKiB'), passes: bounded('passes'), lanes: bounded('lanes') },
  };
}
