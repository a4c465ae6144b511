import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemClock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import { toHex } from '../crypto/encoding.js';
import { randomBytes } from '../crypto/random.js';
import type { SlotAddress } from '../crypto/recipient.js';
import { errnoOf, fileError } from '../host/file-error.js';
import { ensureOwnedFolder, syncFolder } from '../host/owned-file.js';
import { anchorFileAt } from '../store/barrier/anchor-file.js';
import { createHeader, type UnlockedHeader } from '../store/barrier/header.js';
import { writeNewHeader } from '../store/barrier/header-file.js';
import { createSealedStore } from '../store/barrier/sealed-store.js';
import type { Slot } from '../store/barrier/slots/slot.js';
import { normalisedPassphrase } from './passphrase.js';
import { physicalStores, sequencers, slots } from './registry.js';
import { storeExists } from './store-header.js';
import { anchorPath, type StoreLocations, sequencerFolder } from './store-locations.js';

export interface InitStoreOptions {
  readonly locations: StoreLocations;
  readonly slot: 'keyfile' | 'passphrase';
  /** Gets a new passphrase; needed for the slot `passphrase`. */
  readonly askPassphrase?: (() => Promise<Uint8Array>) | undefined;
  /** Hands the recovery code to the user; absent makes no recovery slot. */
  readonly showRecoveryCode?: ((code: Uint8Array) => Promise<void>) | undefined;
}

export interface InitResult {
  readonly storeId: string;
  readonly folder: string;
  /** `undefined` for a store that a passphrase opens. */
  readonly keyFile: string | undefined;
}

/**
 * Makes an empty store in the data folder. It is built beside its place and moved there in one step, so that a crash
 * leaves none, and of two that initialise at once exactly one succeeds.
 *
 * @throws KeywardError `conflict` when there is a store already.
 */
export async function initStore(options: InitStoreOptions): Promise<InitResult> {
  const { locations } = options;
  const { folder } = locations;
  if (await storeExists(folder)) throw alreadyThere(folder);
  const storeId = toHex(randomBytes(16));
  await ensureOwnedFolder(dirname(folder));
  await ensureOwnedFolder(locations.keyFolder);
  const keyFile = options.slot === 'keyfile' ? locations.keyFile(storeId) : undefined;
  const building = await mkdtemp(join(dirname(folder), `.${basename(folder)}-new-`));
  const stateFolder = locations.stateFolder(storeId);
  let isKeyWritten = false;
  try {
    const noteKey = () => {
      isKeyWritten = true;
    };
    const header = await createHeader({ storeId, clock: systemClock, slots: newSlots(options, keyFile, noteKey) });
    await createRows(building, stateFolder, header);
    await writeNewHeader(building, header);
    await moveInto(building, folder);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    // Key and state belong to nothing but the store that was just given up.
    if (isKeyWritten && keyFile !== undefined) await rm(keyFile, { force: true });
    await rm(stateFolder, { recursive: true, force: true });
    throw error;
  }
  return { storeId, folder, keyFile };
}

/** The first store head, and the anchor that holds later openings to it. */
async function createRows(folder: string, stateFolder: string, { storeId, keyring }: UnlockedHeader): Promise<void> {
  await ensureOwnedFolder(stateFolder);
  const physical = physicalStores.lmdb({ folder });
  const sequencer = sequencers.lmdb({ folder: sequencerFolder(stateFolder) });
  const anchor = { file: anchorFileAt(anchorPath(stateFolder)), sequencer };
  try {
    await createSealedStore({ physical, storeId, keyring, clock: systemClock, anchor });
  } finally {
    await physical.close();
    await sequencer.close();
  }
}

function newSlots(options: InitStoreOptions, keyFile: string | undefined, onKeyWritten: () => void): readonly Slot[] {
  const { askPassphrase, showRecoveryCode } = options;
  if (keyFile === undefined && askPassphrase === undefined) {
    throw new KeywardError('invalid', 'a store with a passphrase slot needs somebody to ask for the passphrase', {
      advice: 'Run it at a terminal, or use the key file slot.',
    });
  }
  const ask = async () => askPassphrase && normalisedPassphrase(await askPassphrase());
  const first =
    keyFile === undefined ? new slots.passphrase({ ask }) : noting(new slots.keyfile(keyFile), onKeyWritten);
  if (showRecoveryCode === undefined) return [first];
  return [first, new slots.recovery({ show: showRecoveryCode, ask: nobody })];
}

/** As the slot, and tells when its key was made. */
function noting(slot: Slot, onEnrolled: () => void): Slot {
  const enrol = async (address: SlotAddress) => {
    const enrolment = await slot.enrol(address);
    onEnrolled();
    return enrolment;
  };
  return { kind: slot.kind, enrol, unlock: (parameters, at) => slot.unlock(parameters, at) };
}

const nobody = async () => undefined;

async function moveInto(building: string, folder: string): Promise<void> {
  try {
    await rename(building, folder);
    syncFolder(dirname(folder));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOTEMPTY' || errno === 'EEXIST' || errno === 'ENOTDIR') throw alreadyThere(folder);
    throw fileError(error, 'create', folder);
  }
}

function alreadyThere(folder: string): KeywardError {
  return new KeywardError('conflict', `there is something at ${folder} already; nothing was changed`, {
    store: folder,
    advice: 'Use the store that is there (keyward status), or name another folder.',
  });
}
