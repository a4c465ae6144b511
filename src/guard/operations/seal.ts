import type { SealStatus } from '../../core/client.js';
import type { AccessTarget, ReadOperation } from './operation.js';
import { present } from './present.js';

type Nothing = Record<string, never>;

const administer = (): readonly AccessTarget[] => [
  { policyPath: 'sys/seal', capability: 'read' },
  { policyPath: 'sys/seal', capability: 'sudo' },
];

export const sealStatus: ReadOperation<Nothing, SealStatus> = {
  name: 'seal.status',
  kind: 'read',
  parse: () => ({}),
  targets: administer,
  recorded: 'written',
  act: ({ seal }) => seal.status(),
};

export const verifyStore: ReadOperation<Nothing, { readonly rows: number }> = {
  name: 'seal.verify-store',
  kind: 'read',
  parse: () => ({}),
  targets: administer,
  auditDetails: (_, result) => present({ rows: result?.rows }),
  recorded: 'synced',
  act: ({ seal }) => seal.verifyStore(),
};
