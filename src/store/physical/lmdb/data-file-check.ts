import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { damagedError } from './lmdb-errors.js';
import { type Meta, metaBytes, readFreeList, readLinks, readMeta, readOverflow, type Tree } from './lmdb-page.js';
import { dataFile } from './prepare-folder.js';

/**
 * 16 MiB of usual pages, so that opening takes as long for a store of any size. A larger file is checked from the roots
 * down to this many, which are all its branches up to a million secrets; the leaves beyond are trusted.
 */
const maxPages = 4096;
/** Pages at the end that were used and freed within one transaction are never written, so the file may lack some. */
const maxUnwrittenPages = 2 ** 18;
const attempts = 5;

/**
 * Makes sure that LMDB can read the data file: on a damaged one it ends the whole process. Checks the structure, not
 * what the rows hold. A file that is absent or empty is fine.
 *
 * @param readNewest answers the newest meta page of the open file, or what is wrong with it.
 * @throws KeywardError `integrity`
 */
export function checkDataFile(folder: string, readNewest = readNewestMeta): void {
  let file: number;
  try {
    file = openSync(join(folder, dataFile), 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw error;
  }
  try {
    const damage = findDamage(file, readNewest);
    if (damage !== undefined) throw damagedError(folder, `${dataFile}: ${damage}`);
  } finally {
    closeSync(file);
  }
}

/**
 * What is wrong, or `undefined`. The pages of a file in motion may look damaged: it is looked at again then, and taken
 * to be sound when others never stop writing to it, since they can read it.
 */
function findDamage(file: number, readNewest: typeof readNewestMeta): string | undefined {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    if (fstatSync(file).size === 0) return undefined;
    const meta = readNewest(file);
    const damage = typeof meta === 'string' ? meta : walk(file, meta);
    if (damage === undefined || isDeepStrictEqual(readNewest(file), meta)) return damage;
  }
  return undefined;
}

export function readNewestMeta(file: number): Meta | string {
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

/**
 * Visits the pages that the trees of a meta page reach, level by level, and says what is wrong with the first bad one.
 * A page may be used once, or be free.
 */
function walk(file: number, meta: Meta): string | undefined {
  // Not before the meta page was read: a commit in between may have made the file longer.
  const pagesInFile = Math.floor(fstatSync(file).size / meta.pageBytes);
  if (meta.lastPage >= pagesInFile + maxUnwrittenPages) return 'its length is wrong';
  const isTaken = new Uint8Array(meta.lastPage + 1).fill(1, 0, 2);
  const take = (first: number, pages: number): boolean => {
    if (pages < 1 || first + pages > isTaken.length) return false;
    for (let page = first; page < first + pages; page += 1) {
      if (isTaken[page] === 1) return false;
      isTaken[page] = 1;
    }
    return true;
  };
  let unread = maxPages;
  const read = (first: number, pages: number, into?: Buffer): Buffer | undefined => {
    if (first + pages > pagesInFile || !take(first, pages)) return undefined;
    unread -= pages;
    const bytes = into ?? Buffer.allocUnsafe(pages * meta.pageBytes);
    readSync(file, bytes, 0, bytes.length, first * meta.pageBytes);
    return bytes;
  };
  const queue: { readonly number: number; readonly tree: Tree; readonly level: number }[] = [];
  for (const tree of [meta.free, meta.main]) {
    if (tree !== undefined) queue.push({ number: tree.root, tree, level: 1 });
  }
  // What is taken from a page is used before the next one is read: thousands of buffers cost more than the reading.
  const pageBuffer = Buffer.allocUnsafe(meta.pageBytes);
  for (const { number, tree, level } of queue) {
    if (unread <= 0) return undefined;
    const page = read(number, 1, pageBuffer);
    // The others are never come to.
    const mostChildren = maxPages - queue.length;
    const links = page && readLinks(page, number, tree, level, meta.transaction, mostChildren);
    if (links === undefined) return `page ${number} makes no sense`;
    for (const child of links.children) queue.push({ number: child, tree, level: level + 1 });
    const values = [...links.values];
    for (const ref of links.overflows) {
      if (unread <= 0) return undefined;
      const pages = read(ref.page, ref.pages);
      const value = pages && readOverflow(pages, ref, meta.transaction);
      if (value === undefined) return `page ${ref.page} makes no sense`;
      values.push(value);
    }
    for (const value of tree.isFree ? values : []) {
      if (!readFreeList(value, take)) return 'its list of free pages is wrong';
    }
  }
  return undefined;
}
