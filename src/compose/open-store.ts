import { join } from 'node:path';
import type { Client, SealClient } from '../core/client.js';
import type { Clock } from '../core/clock.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import type { Observer } from '../core/observer.js';
import type { SlotDescription, SlotRemoval } from '../core/slots.js';
import { ownerPolicy } from '../guard/access/policy.js';
import { openAuditLog } from '../guard/audit/open-audit-log.js';
import { localOwner } from '../guard/caller.js';
import { createDoor } from '../guard/door.js';
import { createLocalClient } from '../guard/local-client.js';
import { recoverIntents } from '../guard/recover-intents.js';
import { ensureOwnedFolder } from '../host/owned-file.js';
import { Presence } from '../host/presence.js';
import { anchorFileAt } from '../store/barrier/anchor-file.js';
import type { Barrier } from '../store/barrier/barrier.js';
import { describeHeader, type RootChange, unlockHeader } from '../store/barrier/header.js';
import { tidyHeader } from '../store/barrier/header-file.js';
import { HeaderKeeper } from '../store/barrier/header-keeper.js';
import { withNextKeys } from '../store/barrier/keyring.js';
import { settleReplacedKeys } from '../store/barrier/replaced-keys.js';
import { openSealedStore } from '../store/barrier/sealed-store.js';
import { createRecordStore } from '../store/records/sealed-record-store.js';
import { createOperationLog } from '../store/secrets/operation-log.js';
import { createSecretStore } from '../store/secrets/sealed-secret-store.js';
import { createMaintenance } from '../store/secrets/store-maintenance.js';
import { startBackgroundWork } from './background-work.js';
import { createBackupSource } from './backup-source.js';
import { offeredSlots } from './offered-slots.js';
import { settleKeyFile } from './pending-key-file.js';
import { physicalStores, type SlotKind, sequencers } from './registry.js';
import { readStoreHeader } from './store-header.js';
import { anchorPath, auditFolder, type StoreLocations, sequencerFolder } from './store-locations.js';
import type { OpenedStore } from './workspace.js';

/**
 * What opens the store decides what happens when it is older than its anchor: a server refuses it, and so does the
 * library in production; the command line and the library in development warn every time.
 */
export type StoreRole = 'cli' | 'library' | 'server';

export interface OpenStoreAtOptions {
  readonly locations: StoreLocations;
  readonly role: StoreRole;
  /** On whose behalf it is opened, for the audit log; this process when absent. */
  readonly processId?: number | undefined;
  readonly production: boolean;
  /** The only kind of slot to try, beside a recovery key that is typed; every kind when absent. */
  readonly slot?: SlotKind | undefined;
  /** Asks for a passphrase or recovery key; absent where nobody can be asked. */
  readonly ask?: ((question: string) => Promise<Uint8Array | undefined>) | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
}

/**
 * Opens the store as its owner, by the slots that are at hand.
 *
 * @throws KeywardError `config` when there is none or others can read it, `sealed` when no key opens it, `integrity`
 * when it is damaged, or older than its anchor and the role refuses that.
 */
export async function openStoreAt(options: OpenStoreAtOptions): Promise<OpenedStore> {
  const { locations, clock, observer, processId = process.pid } = options;
  const { folder } = locations;
  const header = await readStoreHeader(folder);
  const description = describeHeader(header.bytes);
  // It names folders: only what `init` makes may stand there.
  if (!/^[0-9a-f]{32}$/.test(description.storeId)) {
    throw new KeywardError('integrity', `the header of the store at ${folder} names no store that init made`, {
      store: folder,
    });
  }
  const keyFile = locations.keyFile(description.storeId);
  const { passphraseFile } = locations;
  const offered = offeredSlots({ keyFile, passphraseFile, ask: options.ask, only: options.slot });
  const opened = await unlockHeader(header, offered).catch((error: unknown) => {
    throw isKeywardError(error, 'sealed') ? withKeyFile(error, folder, keyFile) : error;
  });
  const { storeId } = opened;
  await settleKeyFile(keyFile, opened.slotId);
  const stateFolder = locations.stateFolder(storeId);
  await ensureOwnedFolder(stateFolder);
  const sequencer = sequencers.lmdb({ folder: sequencerFolder(stateFolder), clock });
  const presence = await Presence.enter(join(folder, 'presence'), `the store at ${folder}`);
  const physical = physicalStores.lmdb({ folder, clock });
  const closers: (() => Promise<void>)[] = [
    () => physical.close(),
    () => sequencer.close(),
    async () => presence.leave(),
  ];
  const noticed: Finding[] = [];
  const notice = (finding: Finding) => {
    noticed.push(finding);
    observer.finding(finding);
  };
  try {
    const place = { folder, sequencer };
    await tidyHeader(place);
    const keeper = new HeaderKeeper({ place, clock, opened });
    closers.push(async () => keeper.forget());
    const anchor = { file: anchorFileAt(anchorPath(stateFolder)), sequencer };
    const keyring = await settleReplacedKeys({
      physical,
      storeId,
      keyring: opened.keyring,
      place: keeper,
      anchor,
      clock,
    });
    if (keyring.next !== undefined) notice(keysWait(folder));
    const barrier = await openSealedStore({
      physical,
      storeId,
      keyring,
      reloadKeyring: () => keeper.read(),
      clock,
      anchor,
      onRollback: options.role === 'server' || (options.role === 'library' && options.production) ? 'refuse' : 'warn',
      observer: { ...observer, finding: notice },
    });
    closers.unshift(() => barrier.close());
    const audit = await openAuditLog({
      folder: auditFolder(stateFolder),
      storeId,
      sealKeys: [...keyring.formerSeals, keyring.fixed['audit-seal']].map(({ key }) => key),
      sequencer,
      clock,
      observer,
      onSealed: () => barrier.seal(),
    });
    closers.unshift(() => audit.close());
    const operations = createOperationLog({ barrier, clock });
    const source = `local:${process.pid}`;
    for (const { severity, cause } of noticed) {
      const details = { severity, cause };
      const entry = { kind: 'event', actor: 'keyward', source, operation: 'store.opened', details } as const;
      await audit.append(entry, 'synced');
    }
    await recoverIntents({ audit, operations, source });
    const door = createDoor({
      secrets: createSecretStore({ barrier, clock }),
      records: createRecordStore({ barrier, clock }),
      audit,
      seal: sealOf(barrier, keeper, clock),
      maintenance: createMaintenance({
        barrier,
        keyring: keeper,
        physical,
        clock,
        alone: (act) => presence.alone(act),
      }),
      backup: createBackupSource({ barrier, header: keeper, auditFolder: auditFolder(stateFolder) }),
      operations,
      policies: new Map([[ownerPolicy.name, ownerPolicy]]),
      mac: (bytes) => barrier.mac(bytes),
      observer,
      onSealed: () => barrier.seal(),
    });
    if (options.role !== 'cli') {
      closers.unshift(startBackgroundWork({ barrier, keyring: keeper, clock, observer, folder }));
    }
    const close = onlyOnce(() => closeAll(closers));
    const watch: Client['watch'] = (onChange) => physical.watch(new Uint8Array(), () => onChange());
    const client = createLocalClient({ door, caller: localOwner(processId), watch, close });
    return { client, storeId, folder, keyFile, auditPublicKey: audit.publicKey, close };
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

/** Says where the key was looked for: most often it is just not there. */
function withKeyFile(error: KeywardError, folder: string, keyFile: string): KeywardError {
  return new KeywardError('sealed', `${folder}: ${error.message}`, {
    store: folder,
    advice: `The key file belongs at ${keyFile}, or where KEYWARD_KEY_FILE says; KEYWARD_PASSPHRASE_FILE names a file with a passphrase.`,
    cause: error,
  });
}

function sealOf(barrier: Barrier, keeper: HeaderKeeper, clock: Clock): SealClient {
  return {
    status: async () => {
      const { epoch, commit } = await barrier.position();
      const { slots } = await keeper.list();
      return { storeId: barrier.storeId, sealed: false, slots, commits: commit, epoch };
    },
    verifyStore: (work) => barrier.verifyAll(work),
    listSlots: () => keeper.list(),
    addSlot: async (slot) => newest(await keeper.addSlot(slot)),
    changeSlot: async (id, slot, options) =>
      newest(await keeper.replaceRoot({ remove: [id], add: slot, keyring: nextKeys(options, clock) })),
    removeSlot: async (id, options) =>
      void (await keeper.replaceRoot({ remove: [id], keyring: nextKeys(options, clock) })),
  };
}

function nextKeys({ compromised = false }: SlotRemoval = {}, clock: Clock): RootChange['keyring'] {
  return compromised ? (present) => withNextKeys(present, clock) : undefined;
}

function keysWait(folder: string): Finding {
  return {
    severity: 'warning',
    where: folder,
    cause:
      'a slot was taken away because its secret is in wrong hands, but the keys of the store were not replaced yet',
    fix: 'End what else has the store open, then run: keyward store shred',
  };
}

function newest(slots: readonly SlotDescription[]): SlotDescription {
  const slot = slots.at(-1);
  if (slot === undefined) throw new KeywardError('internal', 'the store has no slot');
  return slot;
}

function onlyOnce(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= act();
    return done;
  };
}

/** Closes everything, also after a failure; the first failure is reported when all are done. */
async function closeAll(closers: readonly (() => Promise<void>)[]): Promise<void> {
  let first: KeywardError | Error | undefined;
  for (const close of closers) {
    try {
      await close();
    } catch (error) {
      first ??= isKeywardError(error) || error instanceof Error ? error : new Error(String(error));
    }
  }
  if (first !== undefined) throw first;
}
