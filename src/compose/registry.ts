import { KeyfileSlot } from '../store/barrier/slots/keyfile/keyfile.js';
import { KeyringSlot } from '../store/barrier/slots/keyring/keyring.js';
import { PassphraseSlot } from '../store/barrier/slots/passphrase/passphrase.js';
import { RecoverySlot } from '../store/barrier/slots/recovery/recovery.js';
import { createLmdbSequencer } from '../store/physical/lmdb/lmdb-sequencer.js';
import { createLmdbStore } from '../store/physical/lmdb/lmdb-store.js';

/** The drivers under Keyward's own store, by the name that configuration and stored headers use. */

export const physicalStores = { lmdb: createLmdbStore } as const;

export const sequencers = { lmdb: createLmdbSequencer } as const;

export const slots = {
  keyfile: KeyfileSlot,
  keyring: KeyringSlot,
  passphrase: PassphraseSlot,
  recovery: RecoverySlot,
} as const;

export type SlotKind = keyof typeof slots;
