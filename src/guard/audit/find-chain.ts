import { join } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { concat } from '../../crypto/encoding.js';
import { writeOwnedFileSync } from '../../host/owned-file.js';
import { ChainCursor } from './chain-cursor.js';
import { LineSplitter } from './line-splitter.js';
import type { LogDisk } from './log-disk.js';
import { parseLine } from './log-line.js';
import { readTail } from './read-tail.js';
import type { EntryBoxes } from './sealed-entry.js';
import { VolumeFile } from './volume-file.js';
import { volumeName, volumesIn } from './volume-name.js';

export interface FoundChain {
  readonly cursor: ChainCursor;
  /** Number of the last line that was recorded once and is not in the files any more. */
  readonly lost: number | undefined;
}

/**
 * Finds the end of the chain at the start of a process: from the sequencer's state where that fits the files, else from
 * the newest volume. Makes the first volume when there is none. Without a state the machine may have lost its power:
 * what that left behind the line `signedTo` is moved into a file of its own, `<volume>.lost-<line>`.
 *
 * @throws KeywardError `integrity` as `readTail`; the disk's errors.
 */
export function findChain(
  folder: string,
  disk: LogDisk,
  node: string,
  boxes: EntryBoxes,
  state: Uint8Array | undefined,
  signedTo: number,
): FoundChain {
  const recorded = state && ChainCursor.decode(state);
  const fits = recorded?.node === node && sizeOf(folder, disk, recorded.volume) >= recorded.offset;
  const cursor = fits ? recorded : startOfNewest(folder, disk, node);
  let torn: number | undefined;
  for (;;) {
    withVolume(folder, disk, cursor.volume, (file) => {
      torn = readTail(file, cursor, boxes, recorded === undefined ? signedTo : undefined);
      if (torn !== undefined) setAside(folder, file, cursor);
    });
    if (!volumesIn(folder).includes(volumeName(cursor.volumeNumber + 1))) break;
    cursor.turnVolume();
  }
  const lost = recorded !== undefined && !isContinued(cursor, recorded) ? recorded.sequence : torn;
  return { cursor, lost };
}

/** Somebody may want to read what cannot be part of the chain any more. */
function setAside(folder: string, file: VolumeFile, cursor: ChainCursor): void {
  const kept = join(folder, `${file.name}.lost-${cursor.sequence + 1}`);
  writeOwnedFileSync(kept, concat(...file.read(cursor.offset)));
  file.cut(cursor.offset);
}

function isContinued(cursor: ChainCursor, recorded: ChainCursor): boolean {
  return recorded.node === cursor.node && cursor.sequence >= recorded.sequence;
}

function sizeOf(folder: string, disk: LogDisk, volume: string): number {
  return volumesIn(folder).includes(volume) ? withVolume(folder, disk, volume, (file) => file.size) : -1;
}

/** A volume that was made but not written to yet says nothing, so the one before it is asked. */
function startOfNewest(folder: string, disk: LogDisk, node: string): ChainCursor {
  for (const volume of volumesIn(folder).toReversed()) {
    const first = withVolume(folder, disk, volume, firstLine);
    if (first !== undefined) {
      return ChainCursor.atStart(node, Number(volume), first.sequence - 1, first.previous);
    }
  }
  return ChainCursor.atStart(node, 1);
}

function firstLine(file: VolumeFile) {
  const splitter = new LineSplitter();
  for (const chunk of file.read(0)) {
    for (const bytes of splitter.push(chunk)) {
      const line = parseLine(bytes);
      if (line !== undefined) return line;
      throw new KeywardError('integrity', `volume ${file.name} of the audit log: its first line is damaged`, {
        store: 'audit log',
        advice: 'Keep a copy of the folder and move it away; a new log then begins, and says so.',
      });
    }
  }
  return undefined;
}

function withVolume<T>(folder: string, disk: LogDisk, volume: string, use: (file: VolumeFile) => T): T {
  const file = VolumeFile.open(folder, volume, disk, { create: true });
  try {
    return use(file);
  } finally {
    file.close();
  }
}
