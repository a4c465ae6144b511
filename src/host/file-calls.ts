import * as fs from 'node:fs';
import { promisify } from 'node:util';

// As in `node:fs/promises`, which itself takes longer to load than a command takes for its files.

let isDirect = false;

/**
 * From now on these calls are made on this thread. Each then takes a fraction of the processor time, but nothing else
 * happens meanwhile, not even a deadline: for a process that has nothing else to do.
 */
export function callDirectly(): void {
  isDirect = true;
}

type Call = (...args: never[]) => Promise<unknown>;

function either<T extends Call>(direct: (...args: Parameters<T>) => unknown, elsewhere: T): T {
  return (async (...args: Parameters<T>) => (isDirect ? direct(...args) : elsewhere(...args))) as T;
}

export const lstat = either(fs.lstatSync, promisify(fs.lstat));
export const mkdir = either(fs.mkdirSync, promisify(fs.mkdir));
export const readdir = either(fs.readdirSync, promisify(fs.readdir));
export const readlink = either(fs.readlinkSync, promisify(fs.readlink));
export const realpath = either(fs.realpathSync.native, promisify(fs.realpath.native));
export const rename = either(fs.renameSync, promisify(fs.rename));
export const rm = either(fs.rmSync, promisify(fs.rm));
export const stat = either(fs.statSync, promisify(fs.stat));
export const statfs = either(fs.statfsSync, promisify(fs.statfs));
export const writeFile = either(fs.writeFileSync, promisify(fs.writeFile));

/** An open file by its number. */
export const open = either(fs.openSync, promisify(fs.open));
export const fstat = either(fs.fstatSync, promisify(fs.fstat));
export const fsync = either(fs.fsyncSync, promisify(fs.fsync));
export const close = either(fs.closeSync, promisify(fs.close));

/** How many bytes it read. */
export const read: (file: number, into: Uint8Array, at: number, length: number) => Promise<number> = either(
  (file, into, at, length) => fs.readSync(file, into, at, length, null),
  (file, into, at, length) =>
    new Promise((resolve, reject) => {
      fs.read(file, into, at, length, null, (error, bytesRead) =>
        error === null ? resolve(bytesRead) : reject(error),
      );
    }),
);
