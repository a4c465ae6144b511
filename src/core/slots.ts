/** One slot of the store, without anything that opens it. */
export interface SlotDescription {
  /** 32 hex characters. */
  readonly id: string;
  /** Name of the driver: `keyfile`, `keyring`, `passphrase`, `recovery`. */
  readonly kind: string;
  readonly createdAt: Date;
}

/** What a slot keeps in the header, readable by everybody: how to find or derive its key, never the key. */
export type SlotParameters = Readonly<Record<string, string | number>>;

export interface SlotEnrolment {
  /** 32 bytes from which nothing in `parameters` lets anybody save guessing the secret behind it. */
  readonly slotKey: Uint8Array;
  readonly parameters: SlotParameters;
}

/** Where a slot stands. */
export interface SlotAddress {
  readonly storeId: string;
  readonly slotId: string;
}

/** A way to unlock the store that is yet to be enrolled. */
export interface NewSlot {
  /** Name of the driver in the header: `keyfile`, `keyring`, `passphrase`, `recovery`. */
  readonly kind: string;

  /**
   * Makes a new slot key, and puts what leads back to it where it belongs (a file, the user's memory).
   *
   * @throws KeywardError when it cannot; nothing is enrolled then.
   */
  enrol(address: SlotAddress): Promise<SlotEnrolment>;

  /** Takes away what `enrol` put down, where it can be taken away; for a slot that did not come to be. */
  discard(address: SlotAddress): Promise<void>;
}

/** What else is to be done when a slot goes. */
export interface SlotRemoval {
  /**
   * Its secret is in wrong hands: keys of every kind are to take the place of those of now. They come into use with the
   * next `shred`, which is to follow at once.
   */
  readonly compromised?: boolean | undefined;
}

/** The slots that open the store, and the one by which this client came in. */
export interface SlotList {
  readonly slots: readonly SlotDescription[];
  readonly openedBy: string;
}
