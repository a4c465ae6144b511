import { existsSync, renameSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../core/clock.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import type { Observer } from '../core/observer.js';
import type { OnProgress } from '../core/progress.js';
import type { SlotDescription } from '../core/slots.js';
import type { AuditLog } from '../guard/audit/audit-log.js';
import { openAuditLog } from '../guard/audit/open-audit-log.js';
import { localOwner } from '../guard/caller.js';
import { ensureOwnedFolder } from '../host/owned-file.js';
import { Presence } from '../host/presence.js';
import { removeFile } from '../host/remove-file.js';
import type { OpenBackup } from '../lifecycle/backup/open-backup.js';
import { claimedPosition, encodeAnchor, openAnchor } from '../store/barrier/anchor.js';
import { anchorFileAt } from '../store/barrier/anchor-file.js';
import { raiseEpoch } from '../store/barrier/epoch.js';
import { describeHeader, type RootChange, replaceRoot, type StoredHeader } from '../store/barrier/header.js';
import { readHeader, writeNewHeader } from '../store/barrier/header-file.js';
import type { Slot } from '../store/barrier/slots/slot.js';
import { wireStore } from '../store/barrier/store-parts.js';
import { type BuiltStore, buildRestored } from './build-restored.js';
import { destroyAgain, removalsSince } from './destroy-again.js';
import { newSlot } from './new-slot.js';
import { sequencers } from './registry.js';
import { anchorPath, auditFolder, type StoreLocations, sequencerFolder } from './store-locations.js';
import { replaceStoreFolder } from './store-replacement.js';

export interface RestoreOptions {
  readonly backup: OpenBackup;
  readonly locations: StoreLocations;
  readonly offered: (storeId: string) => readonly Slot[];
  /** Also where there is a store already; it is kept beside. */
  readonly replace: boolean;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly onProgress?: OnProgress | undefined;
}

export interface RestoreReport {
  readonly storeId: string;
  readonly createdAt: Date;
  readonly rows: number;
  readonly secrets: number;
  readonly epoch: number;
  /** The store that was there before, kept. */
  readonly former: string | undefined;
  /** Those that open the restored store. */
  readonly slots: readonly SlotDescription[];
  /** The key file that was made, where the machine had none. */
  readonly keyFile: string | undefined;
  /** Opened the store at the time of the backup, and were taken away since: they do not open the restored one. */
  readonly removedSlots: readonly SlotDescription[];
  /** Destroyed since the backup, and destroyed again: `path@version`. */
  readonly destroyed: readonly string[];
  /** Purged since the backup, and back. */
  readonly purged: readonly string[];
}

/**
 * Makes the store of a backup the store of this user. It is built and verified beside its place, and then put there; until
 * then the store that was there counts, whole. It goes on in a new epoch and with a new root key, without the slots and
 * the versions that were taken away since, as far as this machine knows of them.
 *
 * @throws KeywardError `conflict` when there is a store and it is not to be replaced, or is open somewhere; as
 * `buildRestored`.
 */
export async function restoreStore(options: RestoreOptions): Promise<RestoreReport> {
  const { locations } = options;
  const { folder } = locations;
  if (existsSync(folder) && !options.replace) {
    throw new KeywardError('conflict', `there is something at ${folder} already; nothing was changed`, {
      store: folder,
      advice: 'To try the backup, add --scratch; to put it in the place of that store, --replace.',
    });
  }
  await ensureOwnedFolder(dirname(folder));
  await ensureOwnedFolder(locations.keyFolder);
  const building = await mkdtemp(join(dirname(folder), `.${basename(folder)}-new-`));
  try {
    const audit = new RestoredAudit(locations);
    const built = await buildRestored({ ...options, folder: building, auditFolder: (id) => audit.begin(id) });
    try {
      return await audit.during(options, built, (log) => putInPlace(options, built, building, log));
    } finally {
      await built.close();
      await audit.discard();
    }
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

async function putInPlace(
  { locations, clock, backup }: RestoreOptions,
  built: BuiltStore,
  building: string,
  audit: AuditLog,
): Promise<RestoreReport> {
  const { folder } = locations;
  const { storeId } = built.opened;
  const createdAt = new Date(built.manifest.createdAt);
  const removals = await removalsSince(audit, createdAt);
  const destroyed = await destroyAgain(built, removals.destroyed);
  const anchor = anchorFileAt(anchorPath(locations.stateFolder(storeId)));
  const { epoch, isForeign, next } = await beginEpoch(built, anchor.read(), clock);
  const header = await writeHeader(built, building, locations, clock);
  const { slots } = describeHeader(header.bytes);
  await built.close();
  const { principal: actor, source } = localOwner(process.pid);
  const details = { file: basename(backup.path), epoch, destroyed: destroyed.length };
  const former = await whileAlone(folder, async () => {
    await audit.append({ kind: 'event', actor, source, operation: 'backup.restore', details }, 'synced');
    // One that is not of these keys would keep the store from opening; a missing one is made anew.
    if (isForeign) removeFile(anchor.where);
    const aside = join(dirname(folder), `.${basename(folder)}-before-${clock.now()}`);
    const kept = replaceStoreFolder(building, folder, aside);
    anchor.write(next);
    return kept;
  });
  const { rows, secrets } = built.end;
  const { removedSlots, keyFile } = header;
  const { purged } = removals;
  return { storeId, createdAt, rows, secrets, epoch, former, slots, keyFile, removedSlots, destroyed, purged };
}

/** Above every epoch that this machine has seen of the store. */
async function beginEpoch({ opened, physical }: BuiltStore, anchorBytes: Uint8Array | undefined, clock: Clock) {
  const { storeId, keyring } = opened;
  const parts = wireStore({ physical, storeId, keyring, clock });
  const claimed = anchorBytes && claimedPosition(storeId, anchorBytes);
  const isForeign = anchorBytes !== undefined && openAnchor(parts.keys, storeId, anchorBytes) === undefined;
  const head = await raiseEpoch(parts, claimed?.epoch ?? 0);
  const next = encodeAnchor(parts.keys, storeId, head);
  parts.keys.forget();
  return { epoch: head.epoch, isForeign, next };
}

/** Under a new root key, so that no header of before opens the restored store. */
async function writeHeader({ opened, stored }: BuiltStore, building: string, locations: StoreLocations, clock: Clock) {
  const { storeId, slotId } = opened;
  const keyFile = locations.keyFile(storeId);
  const before = describeHeader(stored.bytes).slots;
  const present = await presentSlots(locations.folder, storeId);
  const removedSlots = before.filter(({ id }) => present?.every((slot) => slot.id !== id) === true && id !== slotId);
  const add = existsSync(keyFile) ? undefined : newSlot({ kind: 'keyfile', keyFile });
  const change: RootChange = { remove: removedSlots.map(({ id }) => id), add };
  const header = await replaceRoot(stored, opened, change, clock);
  await writeNewHeader(building, header);
  return { bytes: header.bytes, removedSlots, keyFile: add && keyFile };
}

/** Those of the store that is there, where it is the same one and its header can be read. */
async function presentSlots(folder: string, storeId: string): Promise<readonly SlotDescription[] | undefined> {
  try {
    const header: StoredHeader | undefined = existsSync(folder) ? await readHeader(folder) : undefined;
    const present = header && describeHeader(header.bytes);
    return present?.storeId === storeId ? present.slots : undefined;
  } catch (error) {
    if (isKeywardError(error, 'integrity')) return undefined;
    throw error;
  }
}

async function whileAlone<T>(folder: string, act: () => Promise<T>): Promise<T> {
  if (!existsSync(folder)) return act();
  const presence = await Presence.enter(join(folder, 'presence'), `the store at ${folder}`);
  try {
    return await presence.alone(act);
  } finally {
    presence.leave();
  }
}

/** The log that the restored store goes on with: that of this machine, else the one in the backup. */
class RestoredAudit {
  readonly #locations: StoreLocations;
  #copy: string | undefined;

  constructor(locations: StoreLocations) {
    this.#locations = locations;
  }

  /** Where the log of the backup goes; `undefined` where this machine has one. */
  begin(storeId: string): string | undefined {
    const stateFolder = this.#locations.stateFolder(storeId);
    if (existsSync(auditFolder(stateFolder))) return undefined;
    this.#copy = join(stateFolder, `audit-restored-${process.pid}`);
    return this.#copy;
  }

  async during<T>(
    { clock, observer }: RestoreOptions,
    { opened: { storeId, keyring } }: BuiltStore,
    act: (log: AuditLog) => Promise<T>,
  ): Promise<T> {
    const stateFolder = this.#locations.stateFolder(storeId);
    await ensureOwnedFolder(stateFolder);
    const folder = auditFolder(stateFolder);
    if (this.#copy !== undefined && existsSync(this.#copy)) renameSync(this.#copy, folder);
    const sequencer = sequencers.lmdb({ folder: sequencerFolder(stateFolder), clock });
    try {
      const sealKeys = [...keyring.formerSeals, keyring.fixed['audit-seal']].map(({ key }) => key);
      const onSealed = () => undefined;
      const log = await openAuditLog({ folder, storeId, sealKeys, sequencer, clock, observer, onSealed });
      try {
        return await act(log);
      } finally {
        await log.close();
      }
    } finally {
      await sequencer.close();
    }
  }

  async discard(): Promise<void> {
    if (this.#copy !== undefined) await rm(this.#copy, { recursive: true, force: true });
  }
}
