import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { SeededRandom } from './full-run.js';
import type { TracedCall } from './write-trace.js';

const sectorBytes = 512;
const pageBytes = 4096;

interface Change {
  readonly began: number;
  readonly ended: number;
  /** The line at which it became durable; infinite when it never did. */
  durableAt: number;
}

interface DataChange extends Change {
  readonly offset: number;
  /** Absent where the change sets the length to `offset`. */
  readonly bytes: Buffer | undefined;
}

/** A name that a folder got, or lost when there is no node. */
interface NameChange extends Change {
  readonly name: string;
  readonly node: FileNode | FolderNode | undefined;
}

interface FileNode {
  readonly kind: 'file';
  readonly mode: number;
  readonly initial: Buffer;
  readonly changes: DataChange[];
}

interface FolderNode {
  readonly kind: 'folder';
  readonly mode: number;
  readonly initial: ReadonlyMap<string, FileNode | FolderNode>;
  /** As the running programs saw it. */
  readonly names: Map<string, FileNode | FolderNode>;
  readonly changes: NameChange[];
}

interface Descriptor {
  readonly node: FileNode | FolderNode;
  readonly isSelfSyncing: boolean;
  readonly appends: boolean;
  offset: number;
}

/**
 * A folder, and every change that a traced process made below it: what a disk may hold when its power is cut at any
 * line of the record. Synced data and names are there; of what was not synced, every sector of a file holds any of the
 * states that it had since its last sync, a file any of its lengths, and a folder the names after any number of the
 * changes, in order.
 */
export class TracedDisk {
  readonly #root: string;
  readonly #top: FolderNode;
  readonly #descriptors = new Map<number, Descriptor>();

  /** The first folder is a copy of the second from before the trace. */
  constructor(before: string, root: string) {
    this.#root = root;
    this.#top = folderOnDisk(before);
  }

  replay(calls: readonly TracedCall[]): void {
    for (const call of calls) if (call.result >= 0) this.#replayCall(call);
  }

  /** Writes one of the states into a folder that does not exist yet. */
  cutAt(line: number, target: string, random: SeededRandom): void {
    writeFolder(this.#top, line, target, random);
  }

  #replayCall(call: TracedCall): void {
    const [first = Number.NaN, second = Number.NaN] = call.numbers;
    const descriptor = this.#descriptors.get(first);
    switch (call.name) {
      case 'openat':
        this.#open(call);
        return;
      case 'close':
        this.#descriptors.delete(first);
        return;
      case 'lseek':
        if (descriptor !== undefined) descriptor.offset = call.result;
        return;
      case 'write':
      case 'writev':
        if (descriptor?.node.kind !== 'file') return;
        if (descriptor.appends) descriptor.offset = lengthOf(descriptor.node);
        this.#write(call, descriptor, descriptor.offset);
        descriptor.offset += call.result;
        return;
      case 'pwrite64':
      case 'pwritev':
      case 'pwritev2':
        if (descriptor !== undefined) this.#write(call, descriptor, call.numbers.at(-1) ?? Number.NaN);
        return;
      case 'ftruncate':
        if (descriptor?.node.kind === 'file') descriptor.node.changes.push(dataChange(call, second, undefined));
        return;
      case 'fallocate':
        throw new Error('a file was allocated ahead, which this disk does not know');
      case 'fsync':
      case 'fdatasync':
        for (const change of descriptor?.node.changes ?? []) {
          if (change.ended < call.began) change.durableAt = Math.min(change.durableAt, call.ended);
        }
        return;
      default:
        this.#rename(call);
    }
  }

  #open(call: TracedCall): void {
    const path = String(call.strings[0] ?? '');
    this.#descriptors.delete(call.result);
    if (!isBelow(path, this.#root)) return;
    let node = this.#find(path);
    if (node === undefined) {
      node = { kind: 'file', mode: 0o600, initial: Buffer.alloc(0), changes: [] };
      this.#setName(call, path, node);
    }
    if (node.kind === 'file' && call.flags.includes('O_TRUNC')) node.changes.push(dataChange(call, 0, undefined));
    const isSelfSyncing = /\bO_D?SYNC\b/.test(call.flags);
    this.#descriptors.set(call.result, { node, isSelfSyncing, appends: call.flags.includes('O_APPEND'), offset: 0 });
  }

  #write(call: TracedCall, { node, isSelfSyncing }: Descriptor, offset: number): void {
    if (node.kind !== 'file') return;
    const bytes = Buffer.concat(call.strings).subarray(0, call.result);
    const change = dataChange(call, offset, bytes);
    if (isSelfSyncing) change.durableAt = call.ended;
    node.changes.push(change);
  }

  #rename(call: TracedCall): void {
    const [from = '', to = ''] = call.strings.map(String);
    if (!isBelow(from, this.#root)) return;
    if (call.name.startsWith('mkdir')) {
      const names = new Map<string, FileNode | FolderNode>();
      this.#setName(call, from, { kind: 'folder', mode: 0o700, initial: new Map(), names, changes: [] });
      return;
    }
    const node = this.#find(from);
    if (call.name.startsWith('rename') || call.name.startsWith('link')) this.#setName(call, to, node);
    if (!call.name.startsWith('link')) this.#setName(call, from, undefined);
  }

  #setName(call: TracedCall, path: string, node: FileNode | FolderNode | undefined): void {
    const folder = this.#find(dirname(path));
    if (folder?.kind !== 'folder') throw new Error(`${path} lies in no folder that was traced`);
    const name = basename(path);
    if (node === undefined) folder.names.delete(name);
    else folder.names.set(name, node);
    folder.changes.push({ began: call.began, ended: call.ended, durableAt: Number.POSITIVE_INFINITY, name, node });
  }

  #find(path: string): FileNode | FolderNode | undefined {
    const names = relative(this.#root, path).split(sep).filter(Boolean);
    return names.reduce<FileNode | FolderNode | undefined>(
      (node, name) => (node?.kind === 'folder' ? node.names.get(name) : undefined),
      this.#top,
    );
  }
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function dataChange({ began, ended }: TracedCall, offset: number, bytes: Buffer | undefined): DataChange {
  return { began, ended, durableAt: Number.POSITIVE_INFINITY, offset, bytes };
}

function folderOnDisk(path: string): FolderNode {
  const entries = readdirSync(path).map((name): [string, FileNode | FolderNode] => {
    const below = join(path, name);
    const stats = lstatSync(below);
    if (stats.isDirectory()) return [name, folderOnDisk(below)];
    return [name, { kind: 'file', mode: stats.mode, initial: readFileSync(below), changes: [] }];
  });
  const initial = new Map(entries);
  return { kind: 'folder', mode: lstatSync(path).mode, initial, names: new Map(initial), changes: [] };
}

function lengthAfter(length: number, { offset, bytes }: DataChange): number {
  return bytes === undefined ? offset : Math.max(length, offset + bytes.length);
}

function lengthOf({ initial, changes }: FileNode): number {
  return changes.reduce(lengthAfter, initial.length);
}

function writeFolder(folder: FolderNode, line: number, target: string, random: SeededRandom): void {
  mkdirSync(target, { mode: folder.mode & 0o7777 });
  const names = new Map(folder.initial);
  const { isApplied } = survivors(folder.changes, line);
  const kept = random.below(pendingOf(folder.changes, line) + 1);
  for (const [index, change] of folder.changes.entries()) {
    if (!isApplied(index, kept)) continue;
    if (change.node === undefined) names.delete(change.name);
    else names.set(change.name, change.node);
  }
  for (const [name, node] of names) {
    const path = join(target, name);
    if (node.kind === 'folder') writeFolder(node, line, path, random);
    else writeFileSync(path, contentOf(node, line, random), { mode: node.mode & 0o7777 });
  }
}

/** The bytes that the file may hold, by one of four ways in which a disk forgets. */
function contentOf({ initial, changes }: FileNode, line: number, random: SeededRandom): Buffer {
  const pending = pendingOf(changes, line);
  const { isApplied } = survivors(changes, line);
  const any = () => random.below(pending + 1);
  const way = random.below(4);
  const unit = way === 3 ? sectorBytes : pageBytes;
  const longest = changes.reduce((length, change) => Math.max(length, lengthAfter(length, change)), initial.length);
  const all = way === 0 ? 0 : pending;
  const keptOf = Array.from({ length: Math.ceil(longest / unit) }, () => (way < 2 ? all : any()));
  const keptLength = way < 2 ? all : any();
  const content = Buffer.alloc(longest);
  initial.copy(content);
  let length = initial.length;
  for (const [index, change] of changes.entries()) {
    const { offset, bytes } = change;
    if (isApplied(index, keptLength)) length = lengthAfter(length, change);
    const end = bytes === undefined ? longest : offset + bytes.length;
    for (let at = offset; at < end; at = (Math.floor(at / unit) + 1) * unit) {
      if (!isApplied(index, keptOf[Math.floor(at / unit)] ?? 0)) continue;
      const stop = Math.min(end, (Math.floor(at / unit) + 1) * unit);
      if (bytes === undefined) content.fill(0, at, stop);
      else bytes.copy(content, at, at - offset, stop - offset);
    }
  }
  return content.subarray(0, length);
}

function pendingOf(changes: readonly Change[], line: number): number {
  return changes.filter(({ began, durableAt }) => began <= line && durableAt > line).length;
}

/** Which changes are on the disk when it keeps the first few of those that nothing made durable. */
function survivors(changes: readonly Change[], line: number) {
  let pending = 0;
  const order = changes.map(({ began, durableAt }) => {
    if (durableAt <= line) return -1;
    if (began > line) return Number.POSITIVE_INFINITY;
    pending += 1;
    return pending - 1;
  });
  return { isApplied: (index: number, kept: number) => (order[index] ?? Number.POSITIVE_INFINITY) < kept };
}
