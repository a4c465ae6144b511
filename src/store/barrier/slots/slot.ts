import type { SlotAddress } from '../../../crypto/recipient.js';

/** What a slot keeps in the header, readable by everybody: how to find or derive its key, never the key. */
export type SlotParameters = Readonly<Record<string, string | number>>;

export interface Enrolment {
  /** 32 bytes from which nothing in `parameters` lets anybody save guessing the secret behind it. */
  readonly slotKey: Uint8Array;
  readonly parameters: SlotParameters;
}

/**
 * One way to unlock the store: a key file, a passphrase, a recovery code … Each slot alone leads to the root key: the
 * header wraps it for a key pair derived from the slot key, and knows by a check value whether a slot key is right.
 *
 * Construction does nothing. Names of parameters match `[a-z][A-Za-z0-9]*`; numbers are safe integers.
 */
export interface Slot {
  /** Name of the driver in the header: `keyfile`, `keyring`, `passphrase`, `recovery`. */
  readonly kind: string;

  /**
   * Makes a new slot key, and puts what leads back to it where it belongs (a file, the user's memory).
   *
   * @param address of the slot in the header; for where the key is put.
   * @throws KeywardError when it cannot; nothing is enrolled then.
   */
  enrol(address: SlotAddress): Promise<Enrolment>;

  /**
   * The slot key for the parameters of an earlier enrolment of the same kind; `undefined` when it is not here now (no
   * such file, nothing was typed), so that the next slot can be tried. It may be the wrong one (a wrong passphrase):
   * the caller compares the check value.
   *
   * The parameters come from an unverified header and must be refused (`integrity`) before any work when they are not
   * what `enrol` writes.
   *
   * @throws KeywardError `config` or `invalid` when what leads to the key is there but cannot be used, `unavailable`
   * when it cannot be told whether it is there.
   */
  unlock(parameters: SlotParameters, address: SlotAddress): Promise<Uint8Array | undefined>;
}
