import type { LongWork, MaintenanceStatus, StorePoint } from '../../core/maintenance.js';
import type { AccessTarget, AdministrativeOperation, ReadOperation } from './operation.js';
import { present } from './present.js';

const onStore = (capability: 'read' | 'update') => (): readonly AccessTarget[] => [
  { policyPath: 'sys/store', capability },
  { policyPath: 'sys/store', capability: 'sudo' },
];

export const maintenanceStatus: ReadOperation<Record<string, never>, MaintenanceStatus> = {
  name: 'store.status',
  kind: 'read',
  parse: () => ({}),
  targets: onStore('read'),
  recorded: 'written',
  act: ({ maintenance }) => maintenance.status(),
};

export const rotateTerm: AdministrativeOperation<LongWork, { readonly term: number; readonly resumed: boolean }> = {
  name: 'store.rotate',
  kind: 'administer',
  parse: ({ onProgress }) => ({ onProgress }),
  targets: onStore('update'),
  auditDetails: (_, rotated) => present({ term: rotated?.term, resumed: rotated?.resumed }),
  act: ({ maintenance }, work) => maintenance.rotate(work),
};

export const shredStore: AdministrativeOperation<LongWork, { readonly term: number }> = {
  name: 'store.shred',
  kind: 'administer',
  parse: ({ onProgress }) => ({ onProgress }),
  targets: onStore('update'),
  auditDetails: (_, shredded) => present({ term: shredded?.term }),
  act: ({ maintenance }, work) => maintenance.shred(work),
};

export const acceptRollback: AdministrativeOperation<Record<string, never>, StorePoint> = {
  name: 'store.accept-rollback',
  kind: 'administer',
  parse: () => ({}),
  targets: onStore('update'),
  auditDetails: (_, accepted) => present({ epoch: accepted?.epoch, commit: accepted?.commit }),
  act: ({ maintenance }) => maintenance.acceptRollback(),
};
