import { chmodSync, copyFileSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Copies a folder with everything below it and with its modes. `cpSync` makes folders with default modes on newer
 * versions of Node, and a store whose folders others can read is refused.
 */
export function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const { name } of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, name);
    const target = join(to, name);
    const stat = lstatSync(source);
    if (stat.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (stat.isDirectory()) copyFolder(source, target);
    else if (stat.isFile()) copyFileSync(source, target);
  }
  chmodSync(to, lstatSync(from).mode & 0o7777);
}
