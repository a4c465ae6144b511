import { expect, test } from 'vitest';
import type { SealStatus } from '../../core/client.js';
import type { MaintenanceStatus } from '../../core/maintenance.js';
import { storeFindings } from './store-findings.js';

const point = { epoch: 1, commit: 2 };
const maintenance: MaintenanceStatus = {
  term: 1,
  isRotating: false,
  rollback: { isDisputed: false, store: point, anchor: undefined },
};
const slots = (...kinds: string[]): SealStatus => ({
  storeId: '0'.repeat(32),
  sealed: false,
  slots: kinds.map((kind) => ({ id: '1'.repeat(32), kind, createdAt: new Date(0) })),
  commits: 2,
  epoch: 1,
});
const causes = (seal: SealStatus, state: MaintenanceStatus) =>
  storeFindings('/data', seal, state).map(({ severity, cause }) => `${severity}: ${cause}`);

test('a store with a key and a recovery phrase has nothing wrong with it', () => {
  expect(causes(slots('keyfile', 'recovery'), maintenance)).toEqual([]);
});

test('a store without a recovery phrase, in the middle of a rotation, put back: each is said', () => {
  const rollback = { ...maintenance.rollback, isDisputed: true };
  expect(causes(slots('keyfile'), { ...maintenance, isRotating: true, rollback })).toEqual([
    'warning: there is no recovery phrase: with its key lost, the store is lost',
    'warning: a rotation of its keys is not finished',
    'error: it was put back to an older state',
  ]);
});

test('a store that only the recovery phrase opens is remarked upon', () => {
  expect(causes(slots('recovery'), maintenance)).toEqual(['info: only the recovery phrase opens it']);
});
