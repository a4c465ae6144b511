import type { Client } from '../core/client.js';
import { readEach } from '../core/provider.js';
import type { Caller } from './caller.js';
import type { Door } from './door.js';
import { checkpointAudit, recordEntry, showAudit, verifyAudit } from './operations/audit.js';
import { createBackup } from './operations/backup.js';
import { acceptRollback, maintenanceStatus, rotateTerm, shredStore } from './operations/maintenance.js';
import type { Operation } from './operations/operation.js';
import { getRecord, listRecords, putRecord, removeRecord } from './operations/records.js';
import { addSlot, changeSlot, listSlots, removeSlot, sealStatus, verifyStore } from './operations/seal.js';
import {
  deleteSecret,
  describeSecret,
  destroySecret,
  listSecrets,
  patchSecret,
  purgeSecret,
  readSecret,
  rollbackSecret,
  setMaxVersions,
  setStage,
  undeleteSecret,
  writeSecret,
} from './operations/secrets.js';

/** The door in this process, bound to one caller. */
export function createLocalClient(parts: {
  readonly door: Door;
  readonly caller: Caller;
  /** Hints at changes of what lies behind the door. They name nothing, so everybody may have them. */
  readonly watch: Client['watch'];
  /** Closes what lies behind the door. */
  readonly close: () => Promise<void>;
}): Client {
  const perform = <Input, Result>(operation: Operation<Input, Result>, input: Input): Promise<Result> =>
    parts.door.perform(parts.caller, operation, input);
  const read: Client['secrets']['read'] = (ref) => perform(readSecret, { ref });

  return {
    secrets: {
      read,
      readMany: (refs) => readEach({ read }, refs),
      describe: (path) => perform(describeSecret, { path }),
      list: (directory, options = {}) => perform(listSecrets, { directory, ...options }),
      async write(path, { payload, metadata, ifMetadata }, { ifVersion, token, signal } = {}) {
        signal?.throwIfAborted();
        return perform(writeSecret, { path, payload, metadata, ifMetadata, ifVersion, token });
      },
      async patch(path, { set, remove }, { ifVersion, token, signal } = {}) {
        signal?.throwIfAborted();
        return perform(patchSecret, { path, set, remove, ifVersion, token });
      },
      delete: (path, { versions } = {}) => perform(deleteSecret, { path, versions }),
      undelete: (path, { versions }) => perform(undeleteSecret, { path, versions }),
      destroy: (path, { versions }) => perform(destroySecret, { path, versions }),
      purge: (path) => perform(purgeSecret, { path }),
      setStage: (path, stage, version, { ifVersion } = {}) => perform(setStage, { path, stage, version, ifVersion }),
      rollback: (path, { to, ifVersion } = {}) => perform(rollbackSecret, { path, to, ifVersion }),
      setMaxVersions: (path, maxVersions) => perform(setMaxVersions, { path, maxVersions }),
    },
    records: {
      get: (name) => perform(getRecord, { name }),
      put: (name, bytes, { ifRevision }) => perform(putRecord, { name, bytes, ifRevision }),
      remove: (name, { ifRevision }) => perform(removeRecord, { name, ifRevision }),
      list: (prefix) => perform(listRecords, { prefix }),
    },
    audit: {
      show: (filter = {}) => perform(showAudit, filter),
      verify: (options = {}) => perform(verifyAudit, options),
      record: async (entry) => void (await perform(recordEntry, { entry })),
      checkpoint: () => perform(checkpointAudit, {}),
    },
    seal: {
      status: () => perform(sealStatus, {}),
      verifyStore: (work = {}) => perform(verifyStore, work),
      listSlots: () => perform(listSlots, {}),
      addSlot: (slot) => perform(addSlot, { slot }),
      changeSlot: (id, slot, { compromised = false } = {}) => perform(changeSlot, { id, slot, compromised }),
      removeSlot: (id, { compromised = false } = {}) => perform(removeSlot, { id, compromised }),
    },
    maintenance: {
      status: () => perform(maintenanceStatus, {}),
      rotate: (work = {}) => perform(rotateTerm, work),
      shred: (work = {}) => perform(shredStore, work),
      acceptRollback: () => perform(acceptRollback, {}),
    },
    backup: { create: (take) => perform(createBackup, { take }) },
    watch: parts.watch,
    close: parts.close,
  };
}
