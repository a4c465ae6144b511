import type { Client } from './client.js';
import { clientSecretChangeCases } from './client-secret-changes.contract.js';
import { clientSecretReadCases } from './client-secret-reads.contract.js';
import { clientSystemCases } from './client-system.contract.js';
import { type Deviation, runContract, type TestRunner } from './contract.js';

/** A way to make the client of a caller who may do everything with a store that holds nothing, and to be rid of both. */
export type MakeClient = () => Promise<{ readonly subject: Client; readonly dispose?: () => Promise<void> }>;

/** Every client of Keyward's own store passes these, in process or over the network. */
export function clientContract(
  runner: TestRunner,
  client: string,
  make: MakeClient,
  deviations: readonly Deviation[] = [],
): void {
  const cases = { ...clientSecretReadCases, ...clientSecretChangeCases, ...clientSystemCases };
  runContract(runner, `client: ${client}`, cases, make, deviations);
}
