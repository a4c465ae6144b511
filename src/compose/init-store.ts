import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemClock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import type { NewSlot, SlotAddress } from '../core/slots.js';
import { toHex } from '../crypto/encoding.js';
import { randomBytes } from '../crypto/random.js';
import { errnoOf, fileError } from '../host/file-error.js';
import { ensureOwnedFolder, syncFolder } from '../host/owned-file.js';
import { anchorFileAt } from '../store/barrier/anchor-file.js';
import { createHeader, type UnlockedHeader } from '../store/barrier/header.js';
import { writeNewHeader } from '../store/barrier/header-file.js';
import { createSealedStore } from '../store/barrier/sealed-store.js';
import { newSlot } from './new-slot.js';
import { physicalStores, type SlotKind, sequencers } from './registry.js';
import { storeExists } from './store-exists.js';
import { anchorPath, type StoreLocations, sequencerFolder } from './store-locations.js';

export interface InitStoreOptions {
  readonly locations: StoreLocations;
  readonly slot: Exclude<SlotKind, 'recovery'>;
  /** Gets a new passphrase; needed for the slot `passphrase`. */
  readonly askPassphrase?: (() => Promise<Uint8Array>) | undefined;
  /** Hands the recovery code to the user; absent makes no recovery slot. */
  readonly showRecoveryCode?: ((code: Uint8Array) => Promise<void>) | undefined;
}

export interface InitResult {
  readonly storeId: string;
  readonly folder: string;
  /** `undefined` for a store that something else opens. */
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
  const keyFile = locations.keyFile(storeId);
  const building = await mkdtemp(join(dirname(folder), `.${basename(folder)}-new-`));
  const stateFolder = locations.stateFolder(storeId);
  const enrolled: (() => Promise<void>)[] = [];
  try {
    const slots = newSlots(options, keyFile).map((slot) =>
      noting(slot, (address) => enrolled.push(() => slot.discard(address))),
    );
    const header = await createHeader({ storeId, clock: systemClock, slots });
    await createRows(building, stateFolder, header);
    await writeNewHeader(building, header);
    await moveInto(building, folder);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    // Key and state belong to nothing but the store that was just given up.
    for (const discard of enrolled) await discard();
    await rm(stateFolder, { recursive: true, force: true });
    throw error;
  }
  return { storeId, folder, keyFile: options.slot === 'keyfile' ? keyFile : undefined };
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

function newSlots(options: InitStoreOptions, keyFile: string): readonly NewSlot[] {
  const { slot: kind, askPassphrase, showRecoveryCode } = options;
  const first = newSlot({ kind, keyFile, askPassphrase });
  if (showRecoveryCode === undefined) return [first];
  return [first, newSlot({ kind: 'recovery', keyFile, showRecoveryCode })];
}

/** As the slot, and tells when its key was made. */
function noting(slot: NewSlot, onEnrolled: (address: SlotAddress) => void): NewSlot {
  const enrol = async (address: SlotAddress) => {
    const enrolment = await slot.enrol(address);
    onEnrolled(address);
    return enrolment;
  };
  return { kind: slot.kind, enrol, discard: (address) => slot.discard(address) };
}

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
