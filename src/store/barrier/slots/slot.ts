import type { NewSlot, SlotAddress, SlotParameters } from '../../../core/slots.js';

export type { NewSlot, SlotAddress, SlotEnrolment as Enrolment, SlotParameters } from '../../../core/slots.js';

/**
 * One way to unlock the store: a key file, a passphrase, a recovery code … Each slot alone leads to the root key: the
 * header wraps it for a key pair derived from the slot key, and knows by a check value whether a slot key is right.
 *
 * Construction does nothing. Names of parameters match `[a-z][A-Za-z0-9]*`; numbers are safe integers.
 */
export interface Slot extends NewSlot {
  /**
   * The slot key for the parameters of an earlier enrolment of the same kind; `undefined` when it is not here now (no
   * such file, nothing was typed), so that the next slot can be tried. It may be the wrong one (a wrong passphrase):
   * the caller compares the check value, and wipes what it was given.
   *
   * The parameters come from an unverified header and must be refused (`integrity`) before any work when they are not
   * what `enrol` writes.
   *
   * @throws KeywardError `config` or `invalid` when what leads to the key is there but cannot be used, `unavailable`
   * when it cannot be told whether it is there.
   */
  unlock(parameters: SlotParameters, address: SlotAddress): Promise<Uint8Array | undefined>;
}
