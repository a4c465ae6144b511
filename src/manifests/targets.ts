import type { ManifestTarget } from './manifest.js';

/** Every target by its name, in the order of the list. Only the one that is asked for is loaded. */
export const targets: Readonly<Record<string, () => Promise<ManifestTarget>>> = {
  compose: async () => (await import('./containers/compose.js')).default,
  systemd: async () => (await import('./hosts/systemd.js')).default,
};
