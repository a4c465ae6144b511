import 'server-only'; // a client component that reaches this module breaks the build
import { openSecrets } from 'keyward';

/**
 * The secrets of this process. They are kept on `globalThis`, because a hot reload makes this module anew; each reload
 * would leave an open store behind otherwise.
 */
export function secrets() {
  globalThis.keywardSecrets ??= openSecrets().catch((error) => {
    globalThis.keywardSecrets = undefined; // the next request tries again
    throw error;
  });
  return globalThis.keywardSecrets;
}
