import { KeywardError } from '../../core/errors.js';
import { baseOf, type Path, parentOf, segmentsOf } from '../../core/path.js';
import { ByteReader, concat, lp, u8, u32 } from '../../crypto/encoding.js';
import type { RowAddress, RowChanges, RowPut, RowView } from '../barrier/barrier.js';

/**
 * How deep a secret may lie. Each new directory takes two rows of a commit (its entry and the head of its shard), and a
 * purge of 50 versions in directories of its own must fit into one.
 */
const maxSegments = 16;

const schema = 1;

/**
 * One name in a directory. Its row's plaintext: schema=1 (1) ‖ is secret (1) ‖ children (4) ‖ lp(name). A row exists
 * exactly while its name is a secret or has names below it.
 */
interface DirectoryEntry {
  readonly name: string;
  readonly isSecret: boolean;
  /** How many names lie directly below this one. */
  readonly children: number;
}

/** @throws KeywardError `integrity` for anything that is not the row of an entry. */
export function decodeEntry(bytes: Uint8Array): DirectoryEntry {
  const reader = new ByteReader(bytes);
  const [rowSchema, secretFlag, children, name] = [reader.u8(), reader.u8(), reader.u32(), reader.text()];
  reader.end();
  if (rowSchema !== schema || secretFlag > 1 || (secretFlag === 0 && children === 0)) throw damaged();
  return { name, isSecret: secretFlag === 1, children };
}

/**
 * What has to change so that lists show the new secret: its own entry, and those above it that are new too.
 *
 * @throws KeywardError `too_large` when the path is deeper than 16 segments.
 */
export async function addToDirectories(view: RowView, path: Path): Promise<RowChanges> {
  if (segmentsOf(path).length > maxSegments) {
    throw new KeywardError('too_large', `${path} has more than ${maxSegments} segments`, { path });
  }
  const put: RowPut[] = [];
  let isSecret = true;
  for (const child of upwards(path)) {
    const entry = await readEntry(view, child);
    put.push(
      entryPut(child, {
        name: baseOf(child),
        isSecret: isSecret || entry?.isSecret === true,
        children: (entry?.children ?? 0) + (isSecret ? 0 : 1),
      }),
    );
    if (entry !== undefined) break;
    isSecret = false;
  }
  return { put, remove: [] };
}

/** What has to change so that lists no longer show the secret, nor directories that nothing is left in. */
export async function removeFromDirectories(view: RowView, path: Path): Promise<RowChanges> {
  const remove: RowAddress[] = [];
  for (const child of upwards(path)) {
    const entry = await readEntry(view, child);
    if (entry === undefined) throw damaged();
    const left = child === path ? { ...entry, isSecret: false } : { ...entry, children: entry.children - 1 };
    if (left.isSecret || left.children > 0) return { put: [entryPut(child, left)], remove };
    remove.push(entryAddress(child));
  }
  return { put: [], remove };
}

function entryAddress(child: Path): RowAddress {
  const directory = parentOf(child);
  return { kind: 'directory', shardBy: directory, name: directory, childName: child, version: 0 };
}

function entryPut(child: Path, entry: DirectoryEntry): RowPut {
  const plaintext = concat(u8(schema), u8(entry.isSecret ? 1 : 0), u32(entry.children), lp(entry.name));
  return { address: entryAddress(child), plaintext };
}

async function readEntry(view: RowView, child: Path): Promise<DirectoryEntry | undefined> {
  const bytes = await view.get(entryAddress(child));
  if (bytes === undefined) return undefined;
  const entry = decodeEntry(bytes);
  if (entry.name !== baseOf(child)) throw damaged();
  return entry;
}

/** The path, then each directory above it; the root has no entry. */
function* upwards(path: Path): Iterable<Path> {
  for (let child = path; ; ) {
    yield child;
    const parent = parentOf(child);
    if (parent === '') return;
    child = parent;
  }
}

function damaged(): KeywardError {
  return new KeywardError('integrity', 'the row of a directory entry is not as it was written');
}
