import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readlinkSync, rmSync, writeSync } from 'node:fs';
import { lstat, mkdir, readdir, statfs } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { fileError } from './file-error.js';
import { currentProcess, isRunning } from './process-identity.js';
import { assertTrustedRoute } from './trusted-route.js';

/** A folder of this process alone, for plain values that must not stay. */
export interface MemoryFolder {
  /** Absolute; mode 0700. */
  readonly path: string;
  /** Overwrites and removes everything in it, and the folder. Does nothing the second time. */
  remove(): void;
}

export interface MemoryFolderOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where to make it when that need not be memory; an absolute path, which must exist. */
  readonly inFolder?: string | undefined;
}

/** Types of file systems that live in memory, as statfs(2) gives them. */
const tmpfs = 0x01021994;
const ramfs = 0x858458f6;

/**
 * A new folder in memory: in `$XDG_RUNTIME_DIR`, else in `/dev/shm`, whichever is a tmpfs or ramfs. The kernel may move
 * the pages of a tmpfs to swap; it never writes them to a file system.
 *
 * It is removed at the exit of this process, and at SIGINT, SIGTERM, SIGHUP and SIGQUIT unless somebody else listens to
 * the signal (a child that gets it may still need the files). What processes that were killed left behind there is
 * removed first.
 *
 * @throws KeywardError `unsupported` when there is no memory to write to, `config` when others could replace what is in
 * the folder that was named, `unavailable` when it is full.
 */
export async function createMemoryFolder(options: MemoryFolderOptions): Promise<MemoryFolder> {
  const base = options.inFolder ?? (await memoryBase(options.env));
  try {
    assertTrustedRoute(join(base, 'x'));
    await sweep(base);
    const path = join(base, [...ownPrefix(), randomBytes(8).toString('hex')].join('.'));
    await mkdir(path, { mode: 0o700 });
    return removedAtExit(path);
  } catch (error) {
    throw fileError(error, 'create', base);
  }
}

async function memoryBase(env: MemoryFolderOptions['env']): Promise<string> {
  const runtime = env['XDG_RUNTIME_DIR'];
  const candidates = [...(runtime !== undefined && isAbsolute(runtime) ? [resolve(runtime)] : []), '/dev/shm'];
  for (const candidate of candidates) if (await isWritableMemory(candidate)) return candidate;
  throw new KeywardError('unsupported', `no folder in memory was found: ${candidates.join(' and ')} cannot be used`, {
    advice: 'Mount a tmpfs, and name it in XDG_RUNTIME_DIR.',
  });
}

/** Another user's runtime folder, as after `sudo`, counts as none. */
async function isWritableMemory(folder: string): Promise<boolean> {
  try {
    const { type } = await statfs(folder);
    if (process.platform !== 'linux' || (type !== tmpfs && type !== ramfs)) return false;
    assertTrustedRoute(join(folder, 'x'));
    return true;
  } catch {
    return false;
  }
}

/**
 * `keyward`, number space of processes, number and start of the process. Containers may share the memory and not the
 * numbers, and cannot tell whether a process of the other one runs.
 */
function ownPrefix(): readonly string[] {
  const { pid, startedAt } = currentProcess();
  return ['keyward', numberSpace(), String(pid), Buffer.from(startedAt).toString('base64url')];
}

function numberSpace(): string {
  if (process.platform !== 'linux') return 'host';
  return readlinkSync('/proc/self/ns/pid').replaceAll(/[^0-9]/g, '');
}

/** Removes the folders of processes of this user that no longer run. */
async function sweep(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const [mark, space, pid, startedAt, random] = name.split('.');
    if (mark !== 'keyward' || space !== numberSpace() || startedAt === undefined || random === undefined) continue;
    if (isRunning({ pid: Number(pid), startedAt: Buffer.from(startedAt, 'base64url').toString() })) continue;
    const stats = await lstat(join(base, name)).catch(() => undefined);
    if (stats?.isDirectory() === true && stats.uid === process.getuid?.()) wipe(join(base, name));
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

function removedAtExit(path: string): MemoryFolder {
  const onSignal = (signal: NodeJS.Signals) => {
    if (process.listenerCount(signal) > 1) return;
    remove();
    process.kill(process.pid, signal);
  };
  const remove = () => {
    process.off('exit', remove);
    for (const signal of signals) process.off(signal, onSignal);
    wipe(path);
  };
  process.on('exit', remove);
  for (const signal of signals) process.on(signal, onSignal);
  return { path, remove };
}

function wipe(folder: string): void {
  for (const file of filesIn(folder)) overwrite(file);
  rmSync(folder, { recursive: true, force: true });
}

/** None when the folder is gone already. The recursive listing of Node 22 would go through links to folders. */
function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesIn(path);
      return entry.isFile() ? [path] : [];
    });
  } catch {
    return [];
  }
}

/** What cannot be overwritten is removed all the same. */
function overwrite(path: string): void {
  try {
    const file = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      writeSync(file, new Uint8Array(fstatSync(file).size), 0, undefined, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return;
  }
}
