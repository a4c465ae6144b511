import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { errnoOf, fileError } from './file-error.js';
import { listFolder } from './list-folder.js';
import { ensureOwnedFolder } from './owned-file.js';
import { currentProcess, isOfThisBoot, isRunning, type ProcessIdentity, processNamespace } from './process-identity.js';
import { removeFile } from './remove-file.js';

interface Entry extends ProcessIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly wantsAlone: boolean;
}

/** `<pid>-<start of the process in hex>-<namespace>-<random>`, an empty file; with `.alone` while others are to stay away. */
const entryName = /^([1-9][0-9]{0,9})-((?:[0-9a-f]{2})+)-([0-9]+)-[0-9a-f]{16}(\.alone)?$/;
const aloneSuffix = '.alone';

/**
 * Which processes have something open: a folder with an empty file for each opening. Entries of processes that ended
 * without taking theirs away count no longer, and are removed by the next one that comes. Those of another container
 * cannot be looked at, and count until the host is started again or somebody removes what they left.
 */
export class Presence {
  readonly #folder: string;
  readonly #what: string;
  readonly #name: string;

  private constructor(folder: string, what: string, name: string) {
    this.#folder = folder;
    this.#what = what;
    this.#name = name;
  }

  /**
   * Enters this process. Entering comes before looking, here and in `alone`: of two that meet, at least one sees the other.
   *
   * @param what is opened, for messages.
   * @throws KeywardError `unavailable` while another one needs it alone.
   */
  static async enter(folder: string, what: string): Promise<Presence> {
    await ensureOwnedFolder(folder);
    const { pid, startedAt } = currentProcess();
    const start = Buffer.from(startedAt).toString('hex');
    const name = `${pid}-${start}-${processNamespace()}-${randomBytes(8).toString('hex')}`;
    const presence = new Presence(folder, what, name);
    attempt('create', join(folder, name), (path) => closeSync(openSync(path, 'wx', 0o600)));
    const alone = presence.#others().filter(({ wantsAlone }) => wantsAlone);
    if (alone.length > 0) {
      presence.leave();
      throw new KeywardError('unavailable', `${what} is needed alone by ${presence.#named(alone)} for a while`, {
        store: what,
        advice: presence.#advice(alone, 'Try again when it has ended.'),
      });
    }
    return presence;
  }

  /**
   * Acts while nobody else is there or comes.
   *
   * @throws KeywardError `conflict` that names the processes that are there; nothing is done then.
   */
  async alone<T>(act: () => Promise<T>): Promise<T> {
    const own = join(this.#folder, this.#name);
    attempt('write', own, () => renameSync(own, own + aloneSuffix));
    try {
      const others = this.#others();
      if (others.length > 0) {
        throw new KeywardError('conflict', `${this.#what} is open in ${this.#named(others)}`, {
          store: this.#what,
          advice: this.#advice(
            others,
            'End these processes, then try again: nobody else may have the store open for this.',
          ),
        });
      }
      return await act();
    } finally {
      // It went away with its folder where that was what was done alone.
      attempt('write', own, () => {
        if (existsSync(own + aloneSuffix)) renameSync(own + aloneSuffix, own);
      });
    }
  }

  /** @throws KeywardError when the entry cannot be taken away: it counts for as long as this process runs. */
  leave(): void {
    remove(join(this.#folder, this.#name));
  }

  /** All but this one; takes away those whose process is gone. */
  #others(): readonly Entry[] {
    const others: Entry[] = [];
    for (const entry of listFolder(this.#folder).flatMap(parseName)) {
      if (entry.name === this.#name || entry.name === this.#name + aloneSuffix) continue;
      if (mayRun(entry)) others.push(entry);
      else remove(join(this.#folder, entry.name));
    }
    return others;
  }

  #named(entries: readonly Entry[]): string {
    const names = entries.map((entry) => {
      return `process ${entry.pid}${isElsewhere(entry) ? ' of another container' : ''}${this.#since(entry.name)}`;
    });
    return [...new Set(names)].join(', ');
  }

  #advice(entries: readonly Entry[], advice: string): string {
    const left = entries.filter(isElsewhere).map(({ name }) => join(this.#folder, name));
    if (left.length === 0) return advice;
    return `${advice} Of another container it cannot be told from here; if it has ended, remove ${left.join(', ')}`;
  }

  #since(name: string): string {
    try {
      return ` (since ${statSync(join(this.#folder, name)).mtime.toISOString().slice(0, 19)}Z)`;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return '';
      throw error;
    }
  }
}

function remove(path: string): void {
  attempt('write', path, removeFile);
}

function attempt<T>(doing: 'create' | 'write', path: string, act: (path: string) => T): T {
  try {
    return act(path);
  } catch (error) {
    throw fileError(error, doing, path);
  }
}

function mayRun(entry: Entry): boolean {
  return isElsewhere(entry) ? isOfThisBoot(entry) : isRunning(entry);
}

/** Its number says nothing here. */
function isElsewhere({ namespace }: Entry): boolean {
  return namespace !== processNamespace();
}

function parseName(name: string): readonly Entry[] {
  const [, pid, start = '', namespace = '', alone] = entryName.exec(name) ?? [];
  if (pid === undefined) return [];
  const startedAt = Buffer.from(start, 'hex').toString();
  return [{ name, pid: Number(pid), startedAt, namespace, wantsAlone: alone !== undefined }];
}
