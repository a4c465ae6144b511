import type { Path } from '../core/path.js';
import type { Provider } from '../core/provider.js';
import { isProcessThere } from '../host/process-identity.js';
import { type FormerVersion, type SecretUser, usersOf } from '../lifecycle/access/former-users.js';
import { type AccessRecordsOptions, type ProjectRecords, readAccessRecords } from './access-records.js';
import type { Workspace } from './workspace.js';

/** Who reads a secret, and what the records may not say. */
export interface SecretUsers extends Pick<ProjectRecords, 'gaps' | 'sources'> {
  readonly users: readonly KnownUser[];
}

export interface KnownUser extends SecretUser {
  /** Whether its process still runs on this machine; one that does not uses nothing. */
  readonly isRunning: boolean;
}

/**
 * Who reads the secret from this store, by the records of this machine: the audit log of Keyward's own store and the file
 * of the access log.
 *
 * @throws KeywardError as the store.
 */
export async function readUsers(
  workspace: Workspace,
  { path, provider, former }: { path: Path; provider: Provider; former: FormerVersion | undefined },
  options: AccessRecordsOptions,
): Promise<SecretUsers> {
  const { environment } = workspace.config;
  // The store's own log does not say by which name the chain has it.
  const stores = [
    provider.name,
    `copy of ${provider.name} in keyward`,
    ...(provider.kind === 'keyward' ? ['keyward'] : []),
  ];
  const { accesses, gaps, sources } = await readAccessRecords(workspace, {
    ...options,
    isWanted: (access) => access.path === path && (access.environment ?? environment) === environment,
  });
  const ofStore = accesses.filter(({ store }) => stores.includes(store));
  const users = usersOf(ofStore, former).map((user) => ({ ...user, isRunning: isRunning(user.source) }));
  return { users, gaps, sources };
}

/** A process that records do not name as one of this machine counts as running. */
function isRunning(source: string): boolean {
  const [, pid] = /^local:(\d+)$/.exec(source) ?? [];
  return pid === undefined || isProcessThere(Number(pid));
}
