import { type Deviation, runContract, type TestRunner } from '../../core/contract.js';
import { commitCases } from './commit.contract.js';
import { compactCases } from './compact.contract.js';
import { listAndWatchCases } from './list-and-watch.contract.js';
import type { PhysicalStore } from './physical-store.js';

/** A way to make an empty store, and to be rid of it. */
export type MakePhysicalStore = () => Promise<{
  readonly subject: PhysicalStore;
  readonly dispose?: () => Promise<void>;
}>;

/** Every driver of the physical store passes these, against the real thing. */
export function physicalStoreContract(
  runner: TestRunner,
  driver: string,
  make: MakePhysicalStore,
  deviations: readonly Deviation[] = [],
): void {
  runContract(
    runner,
    `physical store: ${driver}`,
    { ...commitCases, ...listAndWatchCases, ...compactCases },
    make,
    deviations,
  );
}
