// The drivers that reach other systems (stores over the network, and what a rotation acts on), and the entry of the
// deployment files. Each is loaded on demand, and is in the package once, as an ES module: the command line loads that of
// the library.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of their sources from the root: `providers/x/x-store.ts`, `x/x.ts` beside `x/x-kind.ts`, and the entry. */
export function driversOf(root) {
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map((path) => `src/${path}`);
  const ofKinds = sources
    .filter((path) => /\/([^/]+)\/\1-kind\.ts$/.test(path))
    .map((path) => path.replace('-kind', ''));
  return sources
    .filter((path) => /^src\/providers\/[^/]+\/[^/]+-store\.ts$/.test(path) || ofKinds.includes(path))
    .concat('src/manifests/index.ts')
    .sort();
}

/** Where a driver is in the package, from `dist/`. */
export const driverFile = (source) => source.replace(/^src\/(.*)\.ts$/, '$1.js');
