import { isAbsolute, join } from 'node:path';
import { KeywardError } from '../core/errors.js';

export interface UserFolders {
  /** The encrypted stores. */
  readonly data: string;
  /** Key files and the user's configuration. */
  readonly config: string;
  /** Anchors and audit logs. */
  readonly state: string;
  /** What can be made again; `undefined` when the home folder is needed for it and not known. */
  readonly cache: string | undefined;
}

/**
 * Where Keyward keeps a user's files: the XDG base directories, on macOS too, each with `keyward` added. A variable
 * that is empty or not absolute does not count, as the XDG specification says.
 *
 * @throws KeywardError `config` when the home folder is needed and is no absolute path.
 */
export function userFolders(env: Readonly<Record<string, string | undefined>>, home: string): UserFolders {
  const known = (variable: string, ...inHome: readonly string[]) => {
    const set = env[variable];
    if (set !== undefined && isAbsolute(set)) return join(set, 'keyward');
    return isAbsolute(home) ? join(home, ...inHome, 'keyward') : undefined;
  };
  const folder = (variable: string, ...inHome: readonly string[]) => {
    const path = known(variable, ...inHome);
    if (path !== undefined) return path;
    throw new KeywardError('config', 'the home folder of this user is not known', {
      advice: `Set HOME, or ${variable}, to an absolute path.`,
    });
  };
  return {
    data: folder('XDG_DATA_HOME', '.local', 'share'),
    config: folder('XDG_CONFIG_HOME', '.config'),
    state: folder('XDG_STATE_HOME', '.local', 'state'),
    cache: known('XDG_CACHE_HOME', '.cache'),
  };
}
