import { KeywardError } from '../../core/errors.js';
import type { ChainCursor } from './chain-cursor.js';
import { LineSplitter } from './line-splitter.js';
import { parseLine } from './log-line.js';
import type { EntryBoxes } from './sealed-entry.js';
import type { VolumeFile } from './volume-file.js';

/**
 * Moves the cursor past every whole line that lies in the volume beyond it: lines of a process that ended before it
 * could say so. What is left after them is the torn end of a write that nobody was told had happened.
 *
 * Whole lines after damage are no end of a process. A loss of power does that to lines that were never synced, since a
 * disk keeps any part of those, so it is accepted behind the line `signedTo`: the last one that is known to have been
 * synced. Answers the number of the last line that is lost so, else `undefined`.
 *
 * @throws KeywardError `integrity` for a whole line that does not continue the chain or does not open, and for damage
 * that whole lines follow up to `signedTo`.
 */
export function readTail(
  file: VolumeFile,
  cursor: ChainCursor,
  boxes: EntryBoxes,
  signedTo = Number.POSITIVE_INFINITY,
): number | undefined {
  const splitter = new LineSplitter();
  let isTorn = false;
  let lost: number | undefined;
  for (const chunk of file.read(cursor.offset)) {
    for (const bytes of splitter.push(chunk)) {
      const line = parseLine(bytes);
      if (line === undefined) {
        isTorn = true;
        continue;
      }
      if (isTorn) {
        if (cursor.sequence < signedTo) throw foreignLine(cursor, 'is damaged');
        lost = line.sequence;
        continue;
      }
      if (!cursor.isNext(line)) throw foreignLine(cursor, 'does not continue the chain');
      if (line.kind === 'checkpoint') {
        cursor.advance(bytes, undefined);
        continue;
      }
      cursor.advance(bytes, openLine(boxes, cursor, line.sequence, line.box));
    }
  }
  return lost;
}

function openLine(boxes: EntryBoxes, cursor: ChainCursor, sequence: number, box: string) {
  try {
    return boxes.open(cursor.volume, sequence, box);
  } catch (error) {
    throw foreignLine(cursor, 'was not written by this store', error);
  }
}

function foreignLine(cursor: ChainCursor, problem: string, cause?: unknown): KeywardError {
  const where = `volume ${cursor.volume} of the audit log, after line number ${cursor.sequence}`;
  return new KeywardError('integrity', `${where}: the next line ${problem}`, {
    store: 'audit log',
    advice: 'Keep a copy of the folder and move it away; a new log then begins, and says so.',
    cause,
  });
}
