import { resolve } from 'node:path';
import { type BackupKeys, backupKeys } from '../../compose/backup-keys.js';
import { type Backups, backupsOf } from '../../compose/backups.js';
import { recoveryQuestion } from '../../compose/offered-slots.js';
import { type StoreLocations, storeLocations } from '../../compose/store-locations.js';
import type { Workspace } from '../../compose/workspace.js';
import { KeywardError } from '../../core/errors.js';
import { readOwnedFile } from '../../host/owned-file.js';
import { type Invocation, type OptionSpec, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

/** A workspace seen as something to back up and restore. Its store is opened by those who ask for it. */
export interface BackupSession {
  readonly workspace: Workspace;
  readonly locations: StoreLocations;
  readonly backups: Backups;
  readonly keys: BackupKeys;
}

export const keyOptions: readonly OptionSpec[] = [
  { flags: '--identity <file>', description: 'open it with the age identities in this file' },
  { flags: '--recovery-file <file>', description: 'read the recovery key from this file instead of asking for it' },
];

export const placeOption: OptionSpec = {
  flags: '--in <folder>',
  description: 'the folder of the backups; else `backup.to` of the configuration, else one beside the store',
};

const maxCodeBytes = 1024;

export function withBackups<T>(invocation: Invocation, body: (session: BackupSession) => Promise<T>): Promise<T> {
  const { io } = invocation;
  return withWorkspace(invocation, (workspace) => {
    const { config } = workspace;
    const path = config.store.path === undefined ? undefined : resolve(config.folder, config.store.path);
    const locations = storeLocations({ env: io.env, home: io.home, path });
    const named = textOption(invocation, 'in');
    const backups = backupsOf({ config, locations, folder: named && resolve(io.cwd, named) });
    const identity = textOption(invocation, 'identity');
    const identityFile = identity && resolve(io.cwd, identity);
    const keys = backupKeys({ locations, identityFile, ask: askOnce(invocation) });
    return body({ workspace, locations, backups, keys });
  });
}

function askOnce(invocation: Invocation): (question: string) => Promise<Uint8Array | undefined> {
  const { io } = invocation;
  const answers = new Map<string, Promise<Uint8Array | undefined>>();
  const ask = async (question: string) => {
    const file = textOption(invocation, 'recoveryFile');
    if (file !== undefined) return question === recoveryQuestion ? readCode(resolve(io.cwd, file)) : undefined;
    const { askHidden, canAsk } = await import('../prompt.js');
    return canAsk(io) ? askHidden(io, question) : undefined;
  };
  return async (question) => {
    const answer = answers.get(question) ?? ask(question);
    answers.set(question, answer);
    const typed = await answer;
    // Who gets it wipes it.
    return typed && Uint8Array.from(typed);
  };
}

async function readCode(path: string): Promise<Uint8Array> {
  const code = await readOwnedFile(path, { maxBytes: maxCodeBytes });
  if (code !== undefined) return code;
  throw new KeywardError('not_found', `there is no file ${path}`, { store: path });
}
