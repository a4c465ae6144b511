export type {
  DeployedApp,
  DeployedSecret,
  DeployedValue,
  Deployment,
  PlaceInLink,
} from '../core/deployment.js';
export type { StorePlace } from '../core/store-place.js';
export { loadTarget, manifest, manifestTargets } from './make-manifest.js';
export type { ManifestFile, ManifestOption, ManifestPorts, ManifestTarget } from './manifest.js';
