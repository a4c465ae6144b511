import type { Client, SealClient } from '../core/client.js';
import { KeywardError } from '../core/errors.js';
import type { MaintenanceClient } from '../core/maintenance.js';
import { ownerPolicy, type Policy } from '../guard/access/policy.js';
import type { AuditLog } from '../guard/audit/audit-log.js';
import type { Caller } from '../guard/caller.js';
import { createDoor, type Door, type DoorParts } from '../guard/door.js';
import { createLocalClient } from '../guard/local-client.js';
import { AuditFixture } from './audit-fixture.js';
import { memoryStore, type StoreUnderTest } from './store-under-test.js';

/** A door over a store and a real audit log, and clients of it. */
export class DoorFixture {
  readonly policies = new Map<string, Policy>([[ownerPolicy.name, ownerPolicy]]);
  readonly log: AuditFixture;
  readonly store: StoreUnderTest;
  readonly audit: AuditLog;
  readonly door: Door;

  private constructor(store: StoreUnderTest, audit: AuditLog, log: AuditFixture, overrides: Partial<DoorParts>) {
    this.store = store;
    this.audit = audit;
    this.log = log;
    this.door = createDoor({
      secrets: store.secrets,
      records: store.records,
      operations: store.operations,
      audit,
      seal: sealOf(store),
      maintenance: noMaintenance,
      backup: { create: async () => Promise.reject(new KeywardError('unsupported', 'the fixture is not backed up')) },
      policies: this.policies,
      mac: (bytes) => store.barrier.mac(bytes),
      observer: { finding: (finding) => void log.findings.push(finding), access() {} },
      onSealed: (reason) => void log.sealed.push(reason),
      ...overrides,
    });
  }

  static async open(
    store: StoreUnderTest = memoryStore(),
    overrides: (parts: { readonly store: StoreUnderTest; readonly audit: AuditLog }) => Partial<DoorParts> = () => ({}),
  ): Promise<DoorFixture> {
    const log = new AuditFixture();
    const audit = await log.open();
    return new DoorFixture(store, audit, log, overrides({ store, audit }));
  }

  /** A caller who has one policy, with these rules. */
  caller(principal: string, ...rules: Policy['rules']): Caller {
    this.policies.set(principal, { name: principal, rules });
    return { principal, policies: [principal], source: 'local:1' };
  }

  client(caller: Caller = { principal: 'owner', policies: [ownerPolicy.name], source: 'local:1' }): Client {
    const watch = () => () => {};
    return createLocalClient({ door: this.door, caller, watch, close: () => this.audit.close() });
  }

  async dispose(): Promise<void> {
    await this.log.dispose();
    await this.store.barrier.close();
  }
}

function sealOf({ barrier }: StoreUnderTest): SealClient {
  return {
    async status() {
      const { epoch, commit } = await barrier.position();
      return { storeId: barrier.storeId, sealed: false, slots: [], commits: commit, epoch };
    },
    verifyStore: (work) => barrier.verifyAll(work),
    ...fixedSlots,
  };
}

/** A store in memory has no header, and so no slots. */
const fixedSlots: Pick<SealClient, 'listSlots' | 'addSlot' | 'changeSlot' | 'removeSlot'> = {
  listSlots: async () => ({ slots: [], openedBy: '' }),
  addSlot: noHeader,
  changeSlot: noHeader,
  removeSlot: noHeader,
};

const noMaintenance: MaintenanceClient = {
  status: noHeader,
  rotate: noHeader,
  shred: noHeader,
  acceptRollback: noHeader,
};

async function noHeader(): Promise<never> {
  throw new KeywardError('unsupported', 'a store in memory has no header');
}
