import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { damagedError } from './lmdb-errors.js';
import { isOverflow, type Meta, metaBytes, readLinks, readMeta } from './lmdb-page.js';
import { dataFile } from './prepare-folder.js';

/** 64 MiB of usual pages. A larger file is checked from the roots down to this many; the rest is trusted. */
const maxPages = 16_384;
/** Pages at the end that were used and freed within one transaction are never written, so the file may lack some. */
const maxUnwrittenPages = 2 ** 18;
const attempts = 5;

/**
 * Makes sure that LMDB can read the data file: on a damaged one it ends the whole process. Checks the structure, not
 * what the rows hold. A file that is absent or empty is fine.
 *
 * @throws KeywardError `integrity`
 */
export function checkDataFile(folder: string): void {
  let file: number;
  try {
    file = openSync(join(folder, dataFile), 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  try {
    const damage = findDamage(file);
    if (damage !== undefined) throw damagedError(folder, `${dataFile}: ${damage}`);
  } finally {
    closeSync(file);
  }
}

/** What is wrong, or `undefined`. While another process writes, its pages may look damaged: then looks again. */
function findDamage(file: number): string | undefined {
  for (let attempt = 1; ; attempt += 1) {
    const { size } = fstatSync(file);
    if (size === 0) return undefined;
    const meta = readNewestMeta(file);
    if (typeof meta === 'string') return meta;
    const damage = walk(file, meta, Math.floor(size / meta.pageBytes));
    if (damage === undefined) return undefined;
    const after = readNewestMeta(file);
    const isInRest = typeof after === 'string' || after.transaction === meta.transaction;
    if (isInRest || attempt === attempts) return damage;
  }
}

function readNewestMeta(file: number): Meta | string {
  const first = readMetaAt(file, 0);
  if (typeof first === 'string') return first;
  const second = readMetaAt(file, first.pageBytes);
  if (typeof second === 'string') return second;
  const isFirst = first.transaction >= second.transaction;
  const newest = isFirst ? first : second;
  // LMDB finds the meta page of a transaction by this.
  if (newest.transaction % 2n !== (isFirst ? 0n : 1n)) return 'its meta pages contradict each other';
  return newest;
}

function readMetaAt(file: number, position: number): Meta | string {
  const page = Buffer.alloc(metaBytes);
  return readSync(file, page, 0, metaBytes, position) < metaBytes ? 'it is too short' : readMeta(page);
}

/** Visits every page that the trees of a meta page reach, level by level, and says what is wrong with the first bad one. */
function walk(file: number, meta: Meta, pagesInFile: number): string | undefined {
  if (meta.lastPage >= pagesInFile + maxUnwrittenPages) return 'its length is wrong';
  const page = Buffer.alloc(meta.pageBytes);
  const used = new Set<number>();
  const read = (number: number, pages: number): boolean => {
    if (number < 2 || number + pages > pagesInFile || used.has(number)) return false;
    used.add(number);
    return readSync(file, page, 0, page.length, number * page.length) === page.length;
  };
  const queue: { readonly number: number; readonly isFree: boolean }[] = [];
  if (meta.free !== undefined) queue.push({ number: meta.free, isFree: true });
  if (meta.main !== undefined) queue.push({ number: meta.main, isFree: false });
  for (const { number, isFree } of queue) {
    if (used.size >= maxPages) return undefined;
    const links = read(number, 1) ? readLinks(page, number, isFree) : undefined;
    if (links === undefined) return `page ${number} makes no sense`;
    for (const child of links.children) queue.push({ number: child, isFree });
    for (const overflow of links.overflows) {
      const isSound =
        overflow.pages >= 1 &&
        read(overflow.page, overflow.pages) &&
        isOverflow(page, overflow.page, overflow.pages, overflow.valueBytes, isFree);
      if (!isSound) return `page ${overflow.page} makes no sense`;
    }
  }
  return undefined;
}
