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
 * What V8 made of a script in an earlier run; `undefined` when there is nothing that belongs to this script and this
 * Node. It is as good as code, so it counts only as a file that this very user wrote, where nobody else can put one.
 */
export function readCompiled(file: string, script: string): Buffer | undefined {
  try {
    assertOwnFolder(dirname(file));
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { uid, mode, nlink } = fstatSync(descriptor);
      if (uid !== process.geteuid?.() || (mode & 0o177777) !== 0o100600 || nlink !== 1) return undefined;
      const bytes = readFileSync(descriptor);
      const mark = markOf(script);
      return bytes.subarray(0, mark.length).equals(mark) ? bytes.subarray(mark.length) : undefined;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

/** Keeps what V8 made of a script for the next run; where that is not possible or not safe, nothing is kept. */
export function writeCompiled(file: string, script: string, code: Buffer): void {
  const draft = `${file}.${process.pid}`;
  try {
    assertOwnFolder(nearestFolder(dirname(file)));
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const descriptor = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(descriptor, Buffer.concat([markOf(script), code]));
      // V8 does not notice what is damaged, and ends the process over it: never a part under the final name.
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch {
    rmSync(draft, { force: true });
  }
}

/** @throws Error when others could put something into the folder, also one that runs as root for somebody. */
function assertOwnFolder(folder: string): void {
  assertTrustedRoute(join(folder, 'x'));
  if (lstatSync(folder).uid !== process.geteuid?.()) throw new Error(`${folder} belongs to another user`);
}

function nearestFolder(folder: string): string {
  return lstatSync(folder, { throwIfNoEntry: false }) === undefined ? nearestFolder(dirname(folder)) : folder;
}

/** A script of the bundle names its digest in its first line. */
function markOf(script: string): Buffer {
  return Buffer.from(`${script.slice(0, script.indexOf('\n'))} ${process.version} ${process.arch}\n`);
}
