import { type Deviation, runContract, type TestRunner } from './contract.js';
import { providerChangeCases } from './provider-change.contract.js';
import { type ProviderSubject, providerReadCases } from './provider-read.contract.js';

/** A way to make a provider over an empty store, and to be rid of both. */
export type MakeProvider = () => Promise<{
  readonly subject: ProviderSubject;
  readonly dispose?: () => Promise<void>;
}>;

/**
 * Every provider passes these. What it does not declare among its capabilities must answer `unsupported`.
 *
 * A store with limits of its own (no binary values, say) declares the case as a deviation with the reason.
 */
export function providerContract(
  runner: TestRunner,
  provider: string,
  make: MakeProvider,
  deviations: readonly Deviation[] = [],
): void {
  runContract(runner, `provider: ${provider}`, { ...providerReadCases, ...providerChangeCases }, make, deviations);
}
