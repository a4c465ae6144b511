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

export interface Thread {
  /** `R` runs or could, `D` waits for a disk, `S` waits for something else. */
  readonly state: string;
  /** Processor time that it has had, in hundredths of a second. */
  readonly ticks: number;
}

/** The threads of the processes of a group. */
export function threadsOf(group: number): readonly Thread[] {
  const processes = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name));
  return processes
    .filter((pid) => statOf(`/proc/${pid}`)[2] === String(group))
    .flatMap((pid) => {
      const folder = `/proc/${pid}/task`;
      return existingEntries(() => readdirSync(folder)).map((thread) => {
        const stat = statOf(join(folder, thread));
        return { state: stat[0] ?? '', ticks: Number(stat[11] ?? 0) + Number(stat[12] ?? 0) };
      });
    });
}

/** The fields of proc(5) from the state on: the name before it may hold anything. */
function statOf(folder: string): readonly string[] {
  return existingEntries(() => readFileSync(join(folder, 'stat'), 'utf8').split(') ').at(-1)?.split(' ') ?? []);
}

/** Nothing where the process or the descriptor is gone by now. */
function existingEntries(read: () => readonly string[]): readonly string[] {
  try {
    return read();
  } catch {
    return [];
  }
}
