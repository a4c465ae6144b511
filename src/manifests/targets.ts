import type { ManifestTarget } from './manifest.js';

/** Every target by its name, in the order of the list. Only the one that is asked for is loaded. */
export const targets: Readonly<Record<string, () => Promise<ManifestTarget>>> = {
  compose: async () => (await import('./containers/compose.js')).default,
  systemd: async () => (await import('./hosts/systemd.js')).default,
  'kubernetes-secret': async () => (await import('./kubernetes/kubernetes-secret.js')).default,
  deployment: async () => (await import('./kubernetes/deployment.js')).default,
  'sealed-secret': async () => (await import('./kubernetes/sealed-secret.js')).default,
  'external-secret': async () => (await import('./kubernetes/external-secret.js')).default,
  'secret-store': async () => (await import('./kubernetes/secret-store.js')).secretStore,
  'cluster-secret-store': async () => (await import('./kubernetes/secret-store.js')).clusterSecretStore,
  csi: async () => (await import('./kubernetes/csi.js')).default,
  rbac: async () => (await import('./kubernetes/rbac.js')).default,
  'service-account': async () => (await import('./kubernetes/service-account.js')).default,
  'audit-policy': async () => (await import('./kubernetes/audit-policy.js')).default,
  'encryption-config': async () => (await import('./kubernetes/encryption-config.js')).default,
  'network-policy': async () => (await import('./kubernetes/network-policy.js')).default,
};
