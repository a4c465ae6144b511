import { join } from 'node:path';
import { listFolder } from '../../host/list-folder.js';

/** The name of a volume: its number from 1, in at least six digits. */
export function volumeName(number: number): string {
  return String(number).padStart(6, '0');
}

export function volumePath(folder: string, volume: string): string {
  return join(folder, `${volume}.log`);
}

/** The names of the volumes that lie in the folder, first to last. */
export function volumesIn(folder: string): readonly string[] {
  return listFolder(folder)
    .map((file) => /^([0-9]{6,15})\.log$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .filter((name) => volumeName(Number(name)) === name)
    .sort((a, b) => Number(a) - Number(b));
}
