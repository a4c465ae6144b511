import { plannedProviders } from './planned-providers.js';
import { providers } from './provider-registry.js';

/** Every kind of provider by its key in `providers:`, those without a driver too. */
export const allKinds = { ...providers, ...plannedProviders };
