import { type FSWatcher, watch } from 'node:fs';
import { type Clock, systemClock, type Timer } from '../../core/clock.js';
import { statfs } from '../file-calls.js';
import type { Look, Sight, WatchedFolder } from './sight.js';

/** A change is told when it has been quiet for so long, and at the latest after so long. */
const quietMs = 100;
const longestBurstMs = 1_000;
/** How often it is looked for what nobody tells. */
const pollMs = 5_000;

/**
 * File systems of other machines, whose changes this one is not told of, by the magic numbers of statfs(2) on Linux:
 * NFS, SMB, CIFS, SMB2, FUSE, 9P, Ceph, AFS.
 */
const remoteFileSystems: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x00c36400, 0x5346414f,
]);

/**
 * Calls back when what `look` sees may have changed: once when the watching has begun, then after every burst of
 * changes. The system tells of changes in the folders; every 5 s they are looked at nevertheless, and thoroughly where
 * the system does not tell. Never throws: what cannot be looked at now is looked at again. Does not keep the process
 * running. Answers how to stop.
 */
export function watchFiles(look: Look, onChange: () => void, clock: Clock = systemClock): () => void {
  const watching = new Watching(look, onChange, clock);
  return () => watching.stop();
}

interface Watched {
  readonly folder: WatchedFolder;
  readonly watcher: FSWatcher | undefined;
}

class Watching {
  readonly #look: Look;
  readonly #onChange: () => void;
  readonly #clock: Clock;
  readonly #folders = new Map<string, Watched>();
  #mark: string | undefined;
  #isStopped = false;
  #round: Promise<void> = Promise.resolve();
  #poll: Timer | undefined;
  #quiet: Timer | undefined;
  #burstEndMs: number | undefined;

  constructor(look: Look, onChange: () => void, clock: Clock) {
    this.#look = look;
    this.#onChange = onChange;
    this.#clock = clock;
    this.#lookAgain(false);
  }

  stop(): void {
    this.#isStopped = true;
    this.#poll?.cancel();
    this.#quiet?.cancel();
    for (const { watcher } of this.#folders.values()) watcher?.close();
    this.#folders.clear();
  }

  #lookAgain(isTold: boolean): void {
    this.#poll?.cancel();
    this.#round = this.#round.then(() => this.#lookOnce(isTold));
  }

  async #lookOnce(isTold: boolean): Promise<void> {
    if (this.#isStopped) return;
    const mark = await this.#settle();
    if (this.#isStopped) return;
    const isOther = mark !== this.#mark;
    this.#mark = mark;
    this.#poll?.cancel();
    this.#poll = this.#clock.after(pollMs, () => this.#lookAgain(false), { background: true });
    // On its own, so that an error in it ends nothing here.
    if (isTold || isOther) queueMicrotask(this.#onChange);
  }

  /** Looks until every folder that is seen is watched: a folder may have changed before its watching began. */
  async #settle(): Promise<string> {
    for (;;) {
      const isThorough = [...this.#folders.values()].some(({ watcher }) => watcher === undefined);
      const { folders, mark } = await this.#look(isThorough).catch((): Sight => ({ folders: [], mark: 'unreadable' }));
      if (this.#isStopped || !(await this.#watchAll(folders))) return mark;
    }
  }

  /** Whether the watching of a folder has begun. */
  async #watchAll(folders: readonly WatchedFolder[]): Promise<boolean> {
    const seen = new Set(folders.map(({ path }) => path));
    for (const [path, { watcher }] of this.#folders) {
      if (seen.has(path)) continue;
      watcher?.close();
      this.#folders.delete(path);
    }
    let hasBegun = false;
    for (const folder of folders) {
      const present = this.#folders.get(folder.path);
      if (present?.folder.id === folder.id) {
        this.#folders.set(folder.path, { ...present, folder });
        continue;
      }
      present?.watcher?.close();
      const isRemote = await isOnRemoteFileSystem(folder.path);
      if (this.#isStopped) return false;
      this.#folders.set(folder.path, { folder, watcher: isRemote ? undefined : this.#watch(folder.path) });
      hasBegun = true;
    }
    return hasBegun;
  }

  /** `undefined` when the system cannot watch it: it has no watch left, or the folder has gone. */
  #watch(path: string): FSWatcher | undefined {
    try {
      const watcher = watch(path, { persistent: false }, (_event, name) => {
        const names = this.#folders.get(path)?.folder.names;
        if (name === null || names === undefined || names.has(name)) this.#notice();
      });
      watcher.on('error', () => {
        watcher.close();
        const present = this.#folders.get(path);
        if (present?.watcher !== watcher) return;
        this.#folders.set(path, { ...present, watcher: undefined });
        this.#notice();
      });
      return watcher;
    } catch {
      return undefined;
    }
  }

  #notice(): void {
    const nowMs = this.#clock.monotonic();
    this.#burstEndMs ??= nowMs + longestBurstMs;
    this.#quiet?.cancel();
    const delayMs = Math.max(0, Math.min(quietMs, this.#burstEndMs - nowMs));
    const tell = () => {
      this.#burstEndMs = undefined;
      this.#lookAgain(true);
    };
    this.#quiet = this.#clock.after(delayMs, tell, { background: true });
  }
}

async function isOnRemoteFileSystem(path: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  return statfs(path).then(
    ({ type }) => remoteFileSystems.has(type),
    () => false,
  );
}
