import { isKeywardError, KeywardError } from '../../../../core/errors.js';
import { importOptional } from '../../../../core/import-optional.js';
import { equalBytes } from '../../../../crypto/encoding.js';
import { randomBytes } from '../../../../crypto/random.js';
import { requireParameters } from '../parameters.js';
import type { Enrolment, Slot, SlotAddress, SlotParameters } from '../slot.js';

const kind = 'keyring';
const keyBytes = 32;
const service = 'keyward';

/** One entry of the operating system's keyring. */
export interface KeyringEntry {
  setSecret(secret: Uint8Array): Promise<void>;
  /** `undefined` or `null` when there is none. */
  getSecret(): Promise<ArrayLike<number> | null | undefined>;
  deleteCredential(): Promise<boolean>;
}

/** @throws when there is no keyring here. */
export type OpenKeyringEntry = (service: string, account: string) => Promise<KeyringEntry>;

/**
 * A slot key in the keyring of the operating system (Keychain, Secret Service), service "keyward", account
 * "<store id>/<slot id>". It protects a copy of the disk as long as nobody knows the login password; it does not protect
 * against programs in the same login session.
 */
export class KeyringSlot implements Slot {
  readonly kind = kind;
  readonly #open: OpenKeyringEntry;

  constructor(open: OpenKeyringEntry = systemEntry) {
    this.#open = open;
  }

  /** @throws KeywardError `unavailable` when there is no keyring, or it does not give back what it was given. */
  async enrol(address: SlotAddress): Promise<Enrolment> {
    const slotKey = randomBytes(keyBytes);
    await this.#use(address, (entry) => entry.setSecret(slotKey));
    const kept = await this.#use(address, (entry) => entry.getSecret());
    if (!equalBytes(Uint8Array.from(kept ?? []), slotKey)) throw unreachable();
    return { slotKey, parameters: {} };
  }

  async discard(address: SlotAddress): Promise<void> {
    await this.#use(address, (entry) => entry.deleteCredential());
  }

  async unlock(parameters: SlotParameters, address: SlotAddress): Promise<Uint8Array | undefined> {
    requireParameters(kind, parameters);
    const kept = await this.#use(address, (entry) => entry.getSecret());
    if (kept === undefined || kept === null) return undefined;
    if (kept.length !== keyBytes) {
      throw new KeywardError('config', `the entry ${accountOf(address)} of the keyring is not a key of Keyward`, {
        advice: 'Unlock the store with another slot, then run: keyward slot change',
      });
    }
    return Uint8Array.from(kept);
  }

  /** Its errors may quote what they were given, so they are replaced. */
  async #use<T>(address: SlotAddress, act: (entry: KeyringEntry) => Promise<T>): Promise<T> {
    try {
      return await act(await this.#open(service, accountOf(address)));
    } catch (error) {
      throw isKeywardError(error) ? error : unreachable(error);
    }
  }
}

function accountOf({ storeId, slotId }: SlotAddress): string {
  return `${storeId}/${slotId}`;
}

async function systemEntry(name: string, account: string): Promise<KeyringEntry> {
  const { AsyncEntry } = await loadKeyring();
  // Without a Secret Service the package would fall back to the kernel's keyring, which is empty after a restart.
  return new AsyncEntry(name, account, { linux: { store: 'secret-service' } });
}

/** A store that other slots open too must not stop at a package that is missing here; so it counts as out of reach. */
async function loadKeyring() {
  try {
    return await importOptional('@napi-rs/keyring', 'the keyring slot', () => import('@napi-rs/keyring'));
  } catch (error) {
    if (!isKeywardError(error, 'config')) throw error;
    throw new KeywardError('unavailable', error.message, { advice: error.advice, cause: error });
  }
}

function unreachable(cause?: unknown): KeywardError {
  return new KeywardError('unavailable', 'the keyring of the operating system cannot be used here', {
    advice:
      'It needs a desktop session with an unlocked keyring (on Linux a Secret Service such as GNOME Keyring or KWallet). Over SSH, in cron and in containers use a key file: keyward slot add keyfile.',
    cause,
  });
}
