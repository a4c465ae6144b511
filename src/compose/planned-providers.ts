import type { ProviderKind } from '../core/provider-kind.js';
import type { providers } from './provider-registry.js';

type NotInRegistry = { readonly [Kind in keyof typeof providers]?: never };

/**
 * Kinds whose drivers are not built yet. Their options are known so that configuration is checked and trust is decided on
 * them; a kind moves from here to the folder of its driver.
 */
export const plannedProviders = {
  ssm: { options: { endpoint: 'address', region: 'address', prefix: 'prefix' } },
} as const satisfies Readonly<Record<string, Pick<ProviderKind, 'options'>>> & NotInRegistry;
