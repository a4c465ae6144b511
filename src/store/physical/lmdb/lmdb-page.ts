/*
 * Layout of LMDB's data format 2, little-endian, from its mdb.c (MDB_page_header, MDB_meta, MDB_db, MDB_node, MDB_ovpage).
 * Page: 0 number u64 | 8 transaction u64 | 18 flags u16 | 20 end of offsets u16, 22 start of nodes u16 (an overflow page
 * has 20 number of pages u32 instead) | 24 offsets of nodes u16, counted from 24.
 * Meta page: 24 magic u32 | 28 version u32 | 48 free tree | 96 main tree | 144 last page u64 | 152 transaction u64.
 * Tree: 0 page size u32 (free tree only) | 4 flags u16 | 6 depth u16 | 40 root u64.
 * Node: 0 size of the value, or page, u32 | 4 flags u16, or upper part of the page | 6 size of the key u16 | 8 key, value.
 * The value of a node on a leaf may be 24 bytes that name overflow pages: 0 page u64 | 16 number of pages u64.
 */
const headerBytes = 24;
const nodeHeaderBytes = 8;
const overflowRefBytes = 24;
const magic = 0xbeefc0de;
const version = 2;
const maxDepth = 32;
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
  /** Roots of the tree of free pages and of the rows; `undefined` for an empty tree. */
  readonly free: number | undefined;
  readonly main: number | undefined;
  readonly lastPage: number;
  readonly transaction: bigint;
}

/** Where a page leads to. */
export interface PageLinks {
  /** Pages of the same tree, one level down. */
  readonly children: readonly number[];
  readonly overflows: readonly { readonly page: number; readonly pages: number; readonly valueBytes: number }[];
}

/** What a meta page says, or what is wrong with it. */
export function readMeta(page: Buffer): Meta | string {
  if (page.readUInt16LE(18) !== metaPage || page.readUInt32LE(24) !== magic) return 'it is not an LMDB file';
  if (page.readUInt32LE(28) !== version) return 'it has another format version';
  const pageBytes = page.readUInt32LE(48);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) return 'it has no valid page size';
  const [freeFlags, mainFlags] = [page.readUInt16LE(48 + 4), page.readUInt16LE(96 + 4)];
  if (freeFlags !== integerKeys || mainFlags !== 0) return 'its trees are of an unknown kind';
  if (page.readUInt16LE(48 + 6) > maxDepth || page.readUInt16LE(96 + 6) > maxDepth) return 'its trees are too deep';
  const [free, main] = [readRoot(page, 48), readRoot(page, 96)];
  return { pageBytes, free, main, lastPage: readPageNumber(page, 144), transaction: page.readBigUInt64LE(152) };
}

function readRoot(page: Buffer, tree: number): number | undefined {
  return page.readBigUInt64LE(tree + 40) === noRoot ? undefined : readPageNumber(page, tree + 40);
}

function readPageNumber(page: Buffer, position: number): number {
  return Number(page.readBigUInt64LE(position));
}

/** The links of a page of a tree; `undefined` when following or using its nodes would lead out of the page. */
export function readLinks(page: Buffer, number: number, isFreeTree: boolean): PageLinks | undefined {
  const flags = page.readUInt16LE(18);
  if (readPageNumber(page, 0) !== number || (flags !== branchPage && flags !== leafPage)) return undefined;
  const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22)];
  if (lower === 0 || lower % 2 !== 0 || lower > upper || upper > page.length - headerBytes) return undefined;
  const children: number[] = [];
  const overflows: { page: number; pages: number; valueBytes: number }[] = [];
  for (let offset = headerBytes; offset < headerBytes + lower; offset += 2) {
    const node = headerBytes + page.readUInt16LE(offset);
    if (node < headerBytes + upper || node + nodeHeaderBytes > page.length) return undefined;
    const value = node + nodeHeaderBytes + page.readUInt16LE(node + 6);
    if (value > page.length) return undefined;
    if (flags === branchPage) {
      children.push(page.readUIntLE(node, 6));
      continue;
    }
    const nodeFlags = page.readUInt16LE(node + 4);
    const valueBytes = page.readUInt32LE(node);
    if (nodeFlags === bigValue) {
      if (value + overflowRefBytes > page.length) return undefined;
      overflows.push({ page: readPageNumber(page, value), pages: readPageNumber(page, value + 16), valueBytes });
    } else if (nodeFlags !== 0 || value + valueBytes > page.length) return undefined;
    else if (isFreeTree && !isPageList(page.subarray(value, value + valueBytes), valueBytes)) return undefined;
  }
  return { children, overflows };
}

/** Whether the first of some overflow pages is one, and has room for its value. */
export function isOverflow(
  page: Buffer,
  number: number,
  pages: number,
  valueBytes: number,
  isFreeTree: boolean,
): boolean {
  if (readPageNumber(page, 0) !== number || page.readUInt16LE(18) !== overflowPage) return false;
  if (page.readUInt32LE(20) !== pages || headerBytes + valueBytes > pages * page.length) return false;
  return !isFreeTree || isPageList(page.subarray(headerBytes), valueBytes);
}

/** A list of free pages begins with its length. */
function isPageList(start: Buffer, valueBytes: number): boolean {
  return valueBytes >= 8 && start.readBigUInt64LE() <= BigInt(valueBytes / 8 - 1);
}
