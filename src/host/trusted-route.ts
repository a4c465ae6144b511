import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';
import { KeywardError } from '../core/errors.js';

const stickyBit = 0o1000;
const writableByOthers = 0o022;

/** Whether the user id is this process's own, or root's. */
export function isOwnOrRoot(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}

/** The path quoted for a shell, for advice that can be pasted. */
export function shellQuoted(path: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/**
 * Makes sure that nobody else can put another file in the place of this one: every folder on the way to it, and every
 * symbolic link among them, belongs to this user or root, and no folder is writable by group or others unless its
 * sticky bit is set.
 *
 * @throws KeywardError `config` naming the folder and the command that closes it.
 */
export function assertTrustedRoute(path: string): void {
  walk(dirname(resolve(path)));
}

function walk(folder: string): void {
  const { root } = parse(folder);
  let reached = root;
  assertClosed(root);
  for (const segment of folder.slice(root.length).split(sep)) {
    if (segment === '') continue;
    const next = join(reached, segment);
    const target = assertClosed(next);
    if (target === undefined) {
      reached = next;
      continue;
    }
    const resolved = isAbsolute(target) ? target : join(reached, target);
    walk(resolved);
    reached = resolved;
  }
}

/** Where it leads when it is a symbolic link. */
function assertClosed(folder: string): string | undefined {
  const stats = lstatSync(folder);
  const quoted = shellQuoted(folder);
  if (!isOwnOrRoot(stats.uid)) {
    throw new KeywardError('config', `${folder} belongs to another user, who could replace what is in it`, {
      store: folder,
      advice: `Use another folder, or run: chown ${process.getuid?.() ?? 'root'} ${quoted}`,
    });
  }
  if (stats.isSymbolicLink()) return readlinkSync(folder);
  if ((stats.mode & writableByOthers) !== 0 && (stats.mode & stickyBit) === 0) {
    throw new KeywardError('config', `${folder} is writable by other users, who could replace what is in it`, {
      store: folder,
      advice: `Run: chmod go-w ${quoted}`,
    });
  }
  return undefined;
}
