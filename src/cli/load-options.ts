import type { LoadOptions } from '../compose/config-layers.js';
import { createTrustList } from '../compose/trust.js';
import { userFolders } from '../host/folders.js';
import type { Invocation } from './command.js';

/** Which configuration the global options and the environment name. */
export function loadOptions({ io: { cwd, env, home }, global }: Pick<Invocation, 'io' | 'global'>): LoadOptions {
  const trust = createTrustList(userFolders(env, home).config);
  return { cwd, env, home, trust, file: global.configFile, environment: global.environment };
}
