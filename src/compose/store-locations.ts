import { join } from 'node:path';
import { userFolders } from '../host/folders.js';

/** Where the parts of one store lie: data, key and state in three folders, so that no one of them is enough. */
export interface StoreLocations {
  /** The engine's files and the header. */
  readonly folder: string;
  /** Holds the key files of all stores of this user. */
  readonly keyFolder: string;
  keyFile(storeId: string): string;
  /** A file with the passphrase, for where nobody can be asked. */
  readonly passphraseFile: string | undefined;
  /** Anchor, audit log and its sequencer. */
  stateFolder(storeId: string): string;
}

export interface LocationOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Another data folder than the user's default store. */
  readonly path?: string | undefined;
}

/** @throws KeywardError `config` when the home folder is needed and not known. */
export function storeLocations({ env, home, path }: LocationOptions): StoreLocations {
  const folders = userFolders(env, home);
  const keyFolder = join(folders.config, 'keys');
  return {
    folder: path ?? join(folders.data, 'default'),
    keyFolder,
    keyFile: (storeId) => env['KEYWARD_KEY_FILE'] || join(keyFolder, `${storeId}.key`),
    passphraseFile: env['KEYWARD_PASSPHRASE_FILE'] || undefined,
    stateFolder: (storeId) => join(folders.state, storeId),
  };
}

export const sequencerFolder = (stateFolder: string) => join(stateFolder, 'sequencer');

export const anchorPath = (stateFolder: string) => join(stateFolder, 'anchor.kw');

export const auditFolder = (stateFolder: string) => join(stateFolder, 'audit');
