import { lstat, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { readJsonObject } from '../../core/json-tokenizer.js';
import { quoted } from '../../core/path.js';
import { cannotHold } from '../../formats/cannot-hold.js';
import { errnoOf, fileError } from '../../host/file-error.js';
import { ensureOwnedFolder, readOwnedFile, writeOwnedFile } from '../../host/owned-file.js';

/** Says which files of the folder an export made, so that the next one takes away no others. */
export const manifestName = '.keyward-export.json';
const maxManifestBytes = 16 * 1024 * 1024;

export interface ExportedFolder {
  readonly written: number;
  /** Files of an earlier export that the values no longer give. */
  readonly removed: readonly string[];
}

/**
 * Makes the folder (mode 0700) hold these files (0600), each replaced in one step, and removes what an earlier export
 * made and this one does not. One that was interrupted is finished by the next.
 *
 * @param files the content by name; names may have folders in them, separated by `/`.
 * @throws KeywardError `conflict`, before anything is written, when a file is in the way that no export made and `force`
 * is not set; `invalid` for names that cannot lie side by side; `config` and `unavailable` as `writeOwnedFile`.
 */
export async function exportFolder(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  { force }: { readonly force: boolean },
): Promise<ExportedFolder> {
  assertNames(files);
  await ensureOwnedFolder(folder);
  const present = await readManifest(folder);
  if (!force) await refuseStrangers(folder, files, present);
  const removed = [...present].filter((name) => !files.has(name));
  await writeManifest(folder, [...new Set([...present, ...files.keys()])]);
  for (const name of removed) await removeFile(folder, name);
  for (const [name, bytes] of files) {
    for (const parent of parentsOf(name).reverse()) await ensureOwnedFolder(join(folder, parent));
    await writeOwnedFile(join(folder, name), bytes);
  }
  await writeManifest(folder, [...files.keys()]);
  return { written: files.size, removed };
}

function assertNames(files: ReadonlyMap<string, Uint8Array>): void {
  for (const name of files.keys()) {
    if (!isPlainName(name)) throw cannotHold('a folder', name, 'it is no plain and visible file name');
    const parent = parentsOf(name).find((candidate) => files.has(candidate));
    if (parent !== undefined) throw cannotHold('a folder', name, `${quoted(parent)} is a file there already`);
  }
}

function isPlainName(name: string): boolean {
  return name.split('/').every((part) => /^[^.\\\p{Cc}][^\\\p{Cc}]*$/u.test(part) && Buffer.byteLength(part) <= 255);
}

/** The folders that the file lies in, the nearest first. */
function parentsOf(name: string): string[] {
  const parts = name.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, parts.length - 1 - index).join('/'));
}

async function readManifest(folder: string): Promise<ReadonlySet<string>> {
  const path = join(folder, manifestName);
  const bytes = await readOwnedFile(path, { maxBytes: maxManifestBytes });
  if (bytes === undefined) return new Set();
  const names = readJsonObject(new TextDecoder().decode(bytes))?.map(({ name }) => name);
  if (names?.every(isPlainName) === true) return new Set(names);
  throw new KeywardError('config', `${path} is not as an export writes it; nothing was changed`, {
    store: path,
    advice: 'Remove what is no longer needed by hand, then this file, or export into a new folder.',
  });
}

async function writeManifest(folder: string, names: readonly string[]): Promise<void> {
  const lines = [...names].sort().map((name) => `  ${JSON.stringify(name)}: true`);
  await writeOwnedFile(join(folder, manifestName), Buffer.from(`{\n${lines.join(',\n')}\n}\n`));
}

async function refuseStrangers(
  folder: string,
  files: ReadonlyMap<string, Uint8Array>,
  present: ReadonlySet<string>,
): Promise<void> {
  const ours = new Set([...present].flatMap((name) => [name, ...parentsOf(name)]));
  for (const name of files.keys()) {
    const path = join(folder, name);
    if (ours.has(name) || !(await exists(path))) continue;
    throw new KeywardError('conflict', `${path} was not made by an export; nothing was changed`, {
      store: path,
      advice: 'Name another folder, or replace such files with --force.',
    });
  }
}

/** Only in folders that are no links: the manifest must not reach out of the folder. Then the folders left empty. */
async function removeFile(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  try {
    for (const parent of parentsOf(name)) {
      if (!(await lstat(join(folder, parent))).isDirectory()) return;
    }
    await unlink(path);
    for (const parent of parentsOf(name)) await rmdir(join(folder, parent));
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errnoOf(error) ?? ''))
      throw fileError(error, 'write', path);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw fileError(error, 'read', dirname(path));
  }
}
