import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { errnoOf, fileError } from '../host/file-error.js';
import { gitFileNames } from '../host/git.js';

/** A file by its name as bytes, since a name need not be UTF-8. */
export interface ListedFile {
  readonly path: Buffer;
  /** For people: relative to the folder of the command where it lies below that. */
  readonly shown: string;
}

export interface ListOptions {
  readonly cwd: string;
  /** Also the files that `.gitignore` names. */
  readonly all: boolean;
}

const slash = Buffer.from('/');

/**
 * The files at and below a path. Below it no symbolic link is followed, and neither `.git` nor, unless `all` is set, what
 * git ignores is looked into.
 *
 * @throws KeywardError `config` when there is no such path or it may not be read.
 */
export async function* listFiles(path: string, options: ListOptions): AsyncGenerator<ListedFile> {
  const named = resolve(options.cwd, path);
  let root: string;
  let isFolder: boolean;
  try {
    root = realpathSync(named);
    isFolder = lstatSync(root).isDirectory();
  } catch (error) {
    throw fileError(error, 'read', path);
  }
  const shownRoot = Buffer.from(relative(options.cwd, named));
  const listed = (name: Buffer): ListedFile => ({
    path: Buffer.concat([Buffer.from(root), slash, name]),
    shown: shownName(shownRoot.length === 0 ? name : Buffer.concat([shownRoot, slash, name])),
  });
  if (!isFolder) {
    yield { path: Buffer.from(root), shown: shownName(shownRoot) };
    return;
  }
  const known = options.all ? undefined : await gitFileNames(root);
  for (const name of known === undefined ? walk(Buffer.from(root)) : split(known)) yield listed(name);
}

function* split(names: Buffer): Generator<Buffer> {
  for (let from = 0, end = names.indexOf(0); end >= 0; from = end + 1, end = names.indexOf(0, from)) {
    yield names.subarray(from, end);
  }
}

/** The names of the files below a folder, relative to it, in an order that does not change. */
function* walk(root: Buffer): Generator<Buffer> {
  const waiting: (Buffer | undefined)[] = [undefined];
  while (waiting.length > 0) {
    const folder = waiting.pop();
    const below = (name: Buffer) => (folder === undefined ? name : Buffer.concat([folder, slash, name]));
    for (const entry of entriesOf(folder === undefined ? root : Buffer.concat([root, slash, folder]))) {
      if (entry.isFile()) yield below(entry.name);
      else if (entry.isDirectory() && entry.name.toString('latin1') !== '.git') waiting.push(below(entry.name));
    }
  }
}

function entriesOf(folder: Buffer) {
  try {
    const entries = readdirSync(folder, { withFileTypes: true, encoding: 'buffer' });
    return entries.sort((a, b) => Buffer.compare(a.name, b.name));
  } catch (error) {
    // It went away meanwhile.
    if (errnoOf(error) === 'ENOENT') return [];
    throw fileError(error, 'list', shownName(folder));
  }
}

/** The name as UTF-8; each byte that is none as `\xNN`. */
function shownName(name: Buffer): string {
  const text = name.toString();
  if (Buffer.from(text).equals(name)) return text;
  return name
    .toString('latin1')
    .replaceAll(/[^ -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
