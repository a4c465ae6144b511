import { basename, dirname, join, resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { lstat } from '../host/file-calls.js';
import { listFolder } from '../host/list-folder.js';
import { ensureOwnedFolder } from '../host/owned-file.js';
import { type NamedBackup, parseBackupName } from '../lifecycle/backup/backup-name.js';
import type { Config } from './config.js';
import { folderExists } from './store-exists.js';
import type { StoreLocations } from './store-locations.js';

export interface FoundBackup extends NamedBackup {
  readonly path: string;
  readonly bytes: number;
}

/** Where the backups of a project are. */
export interface Backups {
  readonly folder: string;
  /** Makes the folder where it is missing. */
  prepare(): Promise<string>;
  /** Newest first. */
  list(): Promise<readonly FoundBackup[]>;
  /** The file of this path or name, the newest without one. @throws KeywardError `not_found` */
  find(named: string | undefined, cwd: string): Promise<string>;
}

export function backupsOf(options: {
  readonly config: Config;
  readonly locations: StoreLocations;
  readonly folder: string | undefined;
}): Backups {
  const folder = options.folder ?? join(dirname(options.locations.folder), 'backups');
  const list = async () => {
    if (!(await folderExists(folder))) return [];
    const found: FoundBackup[] = [];
    for (const named of listFolder(folder).flatMap((name) => parseBackupName(name) ?? [])) {
      const path = join(folder, named.name);
      found.push({ ...named, path, bytes: (await lstat(path)).size });
    }
    return found.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  };
  return {
    folder,
    list,
    prepare: async () => {
      await ensureOwnedFolder(folder);
      return folder;
    },
    find: async (named, cwd) => {
      if (named !== undefined && basename(named) !== named) return resolve(cwd, named);
      const found = (await list()).find(({ name }) => named === undefined || name === named);
      if (found !== undefined) return found.path;
      throw new KeywardError('not_found', `there is no such backup in ${folder}`, {
        store: folder,
        advice: named === undefined ? 'Make one with: keyward backup create' : 'See them with: keyward backup list',
      });
    },
  };
}
