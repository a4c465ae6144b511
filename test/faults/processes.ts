import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The files that a process has open, as Linux tells them. */
export function openFilesOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return existingEntries(() => readdirSync(folder)).flatMap((name) =>
    existingEntries(() => [readlinkSync(join(folder, name))]),
  );
}

/** The command lines of all processes of this machine, their arguments joined by spaces. */
export function allCommandLines(): readonly string[] {
  const processes = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  return processes.flatMap((pid) =>
    existingEntries(() => [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')]),
  );
}

/** The environment that a process was started with. */
export function environmentOf(pid: number): string {
  return readFileSync(`/proc/${pid}/environ`, 'utf8');
}

/** Nothing where the process or the descriptor is gone by now. */
function existingEntries(read: () => readonly string[]): readonly string[] {
  try {
    return read();
  } catch {
    return [];
  }
}
