import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { type Clock, sleep } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import { errnoOf, fileError } from './file-error.js';
import { readTextFile } from './plain-file.js';
import { realPath } from './real-path.js';
import { shellQuoted } from './trusted-route.js';

export interface ChangeFileOptions {
  readonly maxBytes: number;
  readonly clock: Clock;
}

const waitMs = 5_000;
const pollMs = 20;

/**
 * Replaces a file of a project by what is made of its text, in one step and with its mode, while no other process does the same: the new
 * text is written to `<file>.lock`, as git does, which nobody else can make meanwhile. Nothing is written when the
 * answer is the text itself.
 *
 * @param change gets `undefined` when there is no such file.
 * @throws KeywardError `conflict` when somebody else holds the lock for five seconds, `config`, `unavailable`; and what
 * `change` throws. The file is then as it was.
 */
export async function changeFile(
  path: string,
  { maxBytes, clock }: ChangeFileOptions,
  change: (text: string | undefined) => Promise<string>,
): Promise<void> {
  const target = (await realPath(path)) ?? path;
  const lock = `${target}.lock`;
  const file = await acquire(lock, target, clock);
  let isReplaced = false;
  try {
    const before = await readTextFile(target, { maxBytes });
    const after = await change(before);
    if (after === before) return;
    await file.writeFile(after);
    if (before !== undefined) await file.chmod((await stat(target)).mode & 0o777);
    await file.sync();
    await rename(lock, target);
    isReplaced = true;
  } catch (error) {
    throw fileError(error, 'write', path);
  } finally {
    await file.close();
    if (!isReplaced) await rm(lock, { force: true });
  }
}

async function acquire(lock: string, path: string, clock: Clock): Promise<FileHandle> {
  for (const until = clock.monotonic() + waitMs; ; await sleep(clock, pollMs)) {
    try {
      return await open(lock, 'wx', 0o644);
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw fileError(error, 'write', path);
    }
    if (clock.monotonic() < until) continue;
    throw new KeywardError('conflict', `another program is changing ${path}, or was killed while it did`, {
      store: path,
      advice: `If none is, run: rm ${shellQuoted(lock)}`,
    });
  }
}
