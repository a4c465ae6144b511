import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { assertTrustedRoute } from '../host/trusted-route.js';

/**
 * What V8 made of scripts in earlier runs, in a folder. It is as good as code, so it counts only as a file that this very
 * user wrote, where nobody else can put one.
 */
export class CompiledCode {
  readonly #folder: string;
  #isOwnFolder: boolean | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `undefined` when there is nothing that belongs to this script and this Node. */
  read(name: string, script: string): Buffer | undefined {
    try {
      this.#isOwnFolder ??= isOwnFolder(this.#folder);
      return this.#isOwnFolder ? readOwn(join(this.#folder, name), markOf(script)) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps it for the next run; where that is not possible or not safe, nothing is kept. */
  write(name: string, script: string, code: Buffer): void {
    const file = join(this.#folder, name);
    const draft = `${file}.${process.pid}`;
    try {
      if (!isOwnFolder(nearestFolder(this.#folder))) return;
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeSynced(draft, Buffer.concat([markOf(script), code]));
      renameSync(draft, file);
    } catch {
      rmSync(draft, { force: true });
    }
  }
}

function readOwn(file: string, mark: Buffer): Buffer | undefined {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { uid, mode, nlink } = fstatSync(descriptor);
    if (uid !== process.geteuid?.() || (mode & 0o177777) !== 0o100600 || nlink !== 1) return undefined;
    const bytes = readFileSync(descriptor);
    return bytes.subarray(0, mark.length).equals(mark) ? bytes.subarray(mark.length) : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function writeSynced(file: string, bytes: Buffer): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeFileSync(descriptor, bytes);
    // V8 does not notice what is damaged, and ends the process over it: never a part under the final name.
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether nobody else can put something into the folder; not so for one who runs as root in the home of another. */
function isOwnFolder(folder: string): boolean {
  assertTrustedRoute(join(folder, 'x'));
  return lstatSync(folder).uid === process.geteuid?.();
}

function nearestFolder(folder: string): string {
  return lstatSync(folder, { throwIfNoEntry: false }) === undefined ? nearestFolder(dirname(folder)) : folder;
}

/** A script of the bundle names its digest in its first line. */
function markOf(script: string): Buffer {
  return Buffer.from(`${script.slice(0, script.indexOf('\n'))} ${process.version} ${process.arch}\n`);
}
