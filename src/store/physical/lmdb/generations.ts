import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataFile, isAbsence, lockFile, sync } from './prepare-folder.js';

/*
 * The files of a database lie in its folder itself; once it was compacted, in `rows-2` in it, then in `rows-3`, and so
 * on: data and lock file come and go together, by one rename. The highest number counts. `compacting` is a copy in the
 * making, `compacted` a complete one that waits for its number, `discarded-…` one that is being removed.
 */

const inTheMaking = 'compacting';
const complete = 'compacted';
const discarded = 'discarded-';

/** Where the newest files lie. */
export function newestFolder(folder: string): string {
  return generationFolder(folder, newest(folder));
}

/** An empty folder for a copy. */
export async function beginCopy(folder: string): Promise<string> {
  await discardCopies(folder);
  const path = join(folder, inTheMaking);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

/** From here on the copy is taken in by `takeIn`, also after a crash. */
export async function copyIsComplete(folder: string): Promise<void> {
  const path = join(folder, inTheMaking);
  await sync(join(path, dataFile));
  rmSync(join(path, lockFile), { force: true });
  await sync(path);
  renameSync(path, join(folder, complete));
  await sync(folder);
}

/** Makes the complete copy the newest files. Of several who do it at once, one does. */
export async function takeIn(folder: string): Promise<void> {
  renameIfThere(join(folder, complete), generationFolder(folder, newest(folder) + 1));
  await sync(folder);
}

/** Removes copies that nobody waits for. One is never seen half removed under the name of a complete one. */
export async function discardCopies(folder: string): Promise<void> {
  const names = readdirSync(folder);
  for (const name of names.filter((name) => name === inTheMaking || name === complete)) {
    renameIfThere(join(folder, name), join(folder, discarded + randomBytes(8).toString('hex')));
  }
  for (const name of readdirSync(folder).filter((name) => name.startsWith(discarded))) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** Removes the files that the newest ones have replaced. */
export async function removeFormer(folder: string): Promise<void> {
  const present = newest(folder);
  const former = readdirSync(folder).filter((name) => {
    const number = name === dataFile || name === lockFile ? 1 : numberOf(name);
    return number !== undefined && number < present;
  });
  if (former.length === 0) return;
  // The name of the newer ones must survive whatever this does.
  await sync(folder);
  for (const name of former) rmSync(join(folder, name), { recursive: true, force: true });
  await sync(folder);
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}

function newest(folder: string): number {
  try {
    return Math.max(1, ...readdirSync(folder).map((name) => numberOf(name) ?? 1));
  } catch (error) {
    // A store that was never opened.
    if (isAbsence(error)) return 1;
    throw error;
  }
}

function generationFolder(folder: string, number: number): string {
  return number === 1 ? folder : join(folder, `rows-${number}`);
}

function numberOf(name: string): number | undefined {
  const number = /^rows-([1-9][0-9]{0,8})$/.exec(name)?.[1];
  return number === undefined || number === '1' ? undefined : Number(number);
}
