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
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { removeFile } from '../host/remove-file.js';
import { assertTrustedRoute } from '../host/trusted-route.js';

/**
 * What earlier runs made of something, in a folder. It is as good as code, so it counts only as a file that this very user
 * wrote, where nobody else can put one, and only undamaged: V8 does not notice damage, and ends the process over it. A file
 * is its mark, a line feed, and the content twice: to compare the two is quicker than to load what makes a checksum.
 */
export class KeptFiles {
  readonly #folder: string;
  #isOwnFolder: boolean | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param mark names, in one line, what it was made of and by; `undefined` when there is nothing with this mark. */
  read(name: string, mark: string): Buffer | undefined {
    try {
      this.#isOwnFolder ??= isOwnFolder(this.#folder);
      return this.#isOwnFolder ? undamaged(readOwn(join(this.#folder, name)), mark) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps it for the next run; where that is not possible or not safe, nothing is kept. */
  write(name: string, mark: string, bytes: Uint8Array): void {
    const file = join(this.#folder, name);
    const draft = `${file}.${process.pid}`;
    try {
      if (!isOwnFolder(nearestFolder(this.#folder))) return;
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeSynced(draft, Buffer.concat([headOf(mark), bytes, bytes]));
      renameSync(draft, file);
    } catch {
      removeFile(draft);
    }
  }
}

function readOwn(file: string): Buffer | undefined {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { uid, mode, nlink } = fstatSync(descriptor);
    if (uid !== process.geteuid?.() || (mode & 0o177777) !== 0o100600 || nlink !== 1) return undefined;
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What follows the head, when that fits, and is there twice. */
function undamaged(file: Buffer | undefined, mark: string): Buffer | undefined {
  const head = headOf(mark);
  if (file?.subarray(0, head.length).equals(head) !== true) return undefined;
  const middle = (head.length + file.length) / 2;
  const bytes = file.subarray(head.length, middle);
  return bytes.length > 0 && bytes.equals(file.subarray(middle)) ? bytes : undefined;
}

function headOf(mark: string): Buffer {
  return Buffer.from(`${mark}\n`);
}

function writeSynced(file: string, bytes: Buffer): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeFileSync(descriptor, bytes);
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
