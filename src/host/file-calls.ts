import * as fs from 'node:fs';
import { promisify } from 'node:util';

// As in `node:fs/promises`, which itself takes longer to load than a command takes for its files.

export const lstat = promisify(fs.lstat);
export const mkdir = promisify(fs.mkdir);
export const readdir = promisify(fs.readdir);
export const readlink = promisify(fs.readlink);
export const realpath = promisify(fs.realpath.native);
export const stat = promisify(fs.stat);
export const statfs = promisify(fs.statfs);

/** An open file by its number. */
export const open = promisify(fs.open);
export const fstat = promisify(fs.fstat);
export const read = promisify(fs.read);
export const close = promisify(fs.close);
