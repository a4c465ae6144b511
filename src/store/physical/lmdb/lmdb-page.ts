/*
 * Layout of LMDB's data format 2, little-endian, from its mdb.c (MDB_page_header, MDB_meta, MDB_db, MDB_node, MDB_ovpage).
 * Page: 0 number u64 | 8 transaction u64 | 18 flags u16 | 20 end of offsets u16, 22 start of nodes u16 (an overflow page
 * has 20 number of pages u32 instead) | 24 offsets of nodes u16, counted from 24.
 * Meta page: 24 magic u32 | 28 version u32 | 48 free tree | 96 main tree | 144 last page u64 | 152 transaction u64.
 * Tree: 0 page size u32 (free tree only) | 4 flags u16 | 6 depth u16 | 40 root u64.
 * Node: 0 size of the value, or page, u32 | 4 flags u16, or upper part of the page | 6 size of the key u16 | 8 key, value.
 * The value of a node on a leaf may be 24 bytes that name overflow pages: 0 page u64 | 8 transaction u64 | 16 number of
 * pages u64. A value in the free tree is a list: its length u64, then pages i64, where 0 is a gap and -n says that the
 * next entry is the first of n pages. A page of a later transaction than the newest counts as not yet written, and LMDB would change it in place.
 */
const headerBytes = 24;
const nodeHeaderBytes = 8;
const overflowRefBytes = 24;
const magic = 0xbeefc0de;
const version = 2;
const noRoot = 0xffff_ffff_ffff_ffffn;
const branchPage = 0x01;
const leafPage = 0x02;
const overflowPage = 0x04;
const metaPage = 0x08;
const bigValue = 0x01;
const integerKeys = 0x08;

export const metaBytes = 168;

export interface Meta {
  readonly pageBytes: number;
  /** The tree of the lists of free pages, and that of the rows; `undefined` for an empty one. */
  readonly free: Tree | undefined;
  readonly main: Tree | undefined;
  readonly lastPage: number;
  readonly transaction: bigint;
}

export interface Tree {
  readonly root: number;
  /** Levels of pages, leaves included. */
  readonly depth: number;
  readonly isFree: boolean;
}

/** Where a page leads to. */
export interface PageLinks {
  /** Pages of the same tree, one level down. */
  readonly children: readonly number[];
  readonly overflows: readonly OverflowRef[];
  /** The values that lie in a page of the tree of free pages; nobody looks at the others. */
  readonly values: readonly Buffer[];
}

export interface OverflowRef {
  readonly page: number;
  readonly pages: number;
  readonly valueBytes: number;
}

/** What a meta page says, or what is wrong with it. */
export function readMeta(page: Buffer): Meta | string {
  if (page.readUInt16LE(18) !== metaPage || page.readUInt32LE(24) !== magic) return 'it is not an LMDB file';
  if (page.readUInt32LE(28) !== version) return 'it has another format version';
  const pageBytes = page.readUInt32LE(48);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) return 'it has no valid page size';
  const [freeFlags, mainFlags] = [page.readUInt16LE(48 + 4), page.readUInt16LE(96 + 4)];
  if (freeFlags !== integerKeys || mainFlags !== 0) return 'its trees are of an unknown kind';
  const [free, main] = [readTree(page, 48, true), readTree(page, 96, false)];
  return { pageBytes, free, main, lastPage: readPageNumber(page, 144), transaction: page.readBigUInt64LE(152) };
}

function readTree(page: Buffer, tree: number, isFree: boolean): Tree | undefined {
  if (page.readBigUInt64LE(tree + 40) === noRoot) return undefined;
  return { root: readPageNumber(page, tree + 40), depth: page.readUInt16LE(tree + 6), isFree };
}

function readPageNumber(page: Buffer, position: number): number {
  return Number(page.readBigUInt64LE(position));
}

/**
 * The links of the page on a level (1 for the root) of a tree, of its children at most `mostChildren`; `undefined` when
 * it does not belong there, its nodes lead out of it or are out of order, or it is newer than the newest transaction.
 */
export function readLinks(
  page: Buffer,
  number: number,
  tree: Tree,
  level: number,
  newest: bigint,
  mostChildren: number,
): PageLinks | undefined {
  const isLeaf = level === tree.depth;
  if (!isPage(page, number, newest) || page.readUInt16LE(18) !== (isLeaf ? leafPage : branchPage)) return undefined;
  const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)];
  const minNodes = isLeaf || tree.isFree ? 1 : 2;
  if (lower < 2 * minNodes || lower % 2 !== 0 || lower > upper || upper > page.length - headerBytes) return undefined;
  const links = { children: [] as number[], overflows: [] as OverflowRef[], values: [] as Buffer[] };
  let previous = 0;
  for (let offset = headerBytes; offset < headerBytes + lower; offset += 2) {
    const node = headerBytes + u16(page, offset);
    if (node < headerBytes + upper || node + nodeHeaderBytes > page.length) return undefined;
    const value = endOfKey(page, node);
    if (value > page.length) return undefined;
    // The first key of a branch page is never looked at.
    if (isLeaf || offset > headerBytes) {
      if (!isKeyAfter(page, node, previous, tree.isFree)) return undefined;
      previous = node;
    }
    if (!isLeaf) {
      if (links.children.length < mostChildren) links.children.push(page.readUIntLE(node, 6));
      continue;
    }
    const nodeFlags = u16(page, node + 4);
    const valueBytes = page.readUInt32LE(node);
    if (nodeFlags === bigValue) {
      if (value + overflowRefBytes > page.length || page.readBigUInt64LE(value + 8) > newest) return undefined;
      links.overflows.push({ page: readPageNumber(page, value), pages: readPageNumber(page, value + 16), valueBytes });
    } else if (nodeFlags !== 0 || value + valueBytes > page.length) return undefined;
    else if (tree.isFree) links.values.push(page.subarray(value, value + valueBytes));
  }
  return links;
}

/** Whether the key of a node comes after that of the previous one, if there is one. */
function isKeyAfter(page: Buffer, node: number, previous: number, isFree: boolean): boolean {
  const [key, length] = [node + nodeHeaderBytes, u16(page, node + 6)];
  if (isFree && length !== 8) return false;
  if (previous === 0) return length > 0;
  const former = previous + nodeHeaderBytes;
  if (isFree) return page.readBigUInt64LE(key) > page.readBigUInt64LE(former);
  // A call for each of the keys on 4,096 pages would take longer than to read these.
  const formerLength = u16(page, previous + 6);
  for (let at = 0; at < length && at < formerLength; at += 1) {
    const difference = (page[key + at] ?? 0) - (page[former + at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return length > formerLength;
}

function endOfKey(page: Buffer, node: number): number {
  return node + nodeHeaderBytes + u16(page, node + 6);
}

function u16(page: Buffer, at: number): number {
  return (page[at] ?? 0) | ((page[at + 1] ?? 0) << 8);
}

/** The value on the overflow pages that a node names; `undefined` when they are not such pages. */
export function readOverflow(pages: Buffer, ref: OverflowRef, newest: bigint): Buffer | undefined {
  const isSound = isPage(pages, ref.page, newest) && pages.readUInt16LE(18) === overflowPage;
  if (!isSound || pages.readUInt32LE(20) !== ref.pages || headerBytes + ref.valueBytes > pages.length) return undefined;
  return pages.subarray(headerBytes, headerBytes + ref.valueBytes);
}

/**
 * Takes each run of pages in a list of free pages, of which there may be a hundred thousand. False when it is not such a
 * list, or a run cannot be taken.
 */
export function readFreeList(value: Buffer, take: (page: number, pages: number) => boolean): boolean {
  if (value.length < 8 || value.length % 8 !== 0 || value.readBigUInt64LE() > value.length / 8 - 1) return false;
  const end = 8 + readPageNumber(value, 0) * 8;
  // Which takes a third of the time that the buffer's own functions do.
  const entries = new DataView(value.buffer, value.byteOffset, end);
  for (let offset = 8; offset < end; offset += 8) {
    const entry = signed(entries, offset);
    if (entry === 0) continue;
    if (entry < 0) offset += 8;
    if (offset >= end || !take(signed(entries, offset), entry < 0 ? -entry : 1)) return false;
  }
  return true;
}

/** An integer of 64 bits. Above 2^53 not exactly: no file has such a page, and no list so many. */
function signed(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true);
}

function isPage(page: Buffer, number: number, newest: bigint): boolean {
  return readPageNumber(page, 0) === number && page.readBigUInt64LE(8) <= newest;
}
