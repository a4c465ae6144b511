import { createReadStream } from 'node:fs';
import type { AuditFilter, AuditRecord } from '../../core/client.js';
import { KeywardError } from '../../core/errors.js';
import { LineSplitter } from './line-splitter.js';
import { parseLine } from './log-line.js';
import type { EntryBoxes } from './sealed-entry.js';
import type { VolumeSource } from './verify-log.js';
import { volumePath, volumesIn } from './volume-name.js';

/** The volumes of a log up to a place in the last one, each read in chunks when its turn comes. */
export function volumeSources(folder: string, last: string, offset: number): VolumeSource[] {
  return volumesIn(folder)
    .filter((name) => Number(name) <= Number(last))
    .map((name) => ({ name, chunks: readUpTo(volumePath(folder, name), name === last ? offset : undefined) }));
}

/**
 * The newest `limit` records about the path or anything below it (any path when absent), oldest first.
 *
 * @throws KeywardError `integrity` naming the first line that does not open.
 */
export async function showEntries(
  volumes: readonly VolumeSource[],
  boxes: EntryBoxes,
  { path, limit, before = Number.POSITIVE_INFINITY, pastDamage = false }: AuditFilter & { readonly limit: number },
): Promise<readonly AuditRecord[]> {
  let newest: AuditRecord[] = [];
  for (const volume of volumes.toReversed()) {
    // Behind damage, lines may stand anywhere.
    if (newest.length >= limit && !pastDamage) break;
    let found: AuditRecord[] = [];
    for await (const record of recordsOf(volume, boxes, { before, pastDamage })) {
      if (path !== undefined && record.path !== path && !record.path?.startsWith(`${path}/`)) continue;
      found.push(record);
      if (found.length >= 2 * limit) found = newestOf(found, limit);
    }
    newest = newestOf([...found, ...newest], limit);
  }
  return newest;
}

function newestOf(records: AuditRecord[], limit: number): AuditRecord[] {
  return records.sort((a, b) => a.sequence - b.sequence).slice(-limit);
}

async function* recordsOf(
  volume: VolumeSource,
  boxes: EntryBoxes,
  { before, pastDamage }: { readonly before: number; readonly pastDamage: boolean },
): AsyncGenerator<AuditRecord> {
  const splitter = new LineSplitter();
  let number = 0;
  for await (const chunk of volume.chunks) {
    for (const bytes of splitter.push(chunk)) {
      number += 1;
      const line = parseLine(bytes);
      if (line === undefined) {
        if (pastDamage) continue;
        throw unreadable(volume.name, number);
      }
      // Numbers rise: without damage, nothing that is wanted follows.
      if (line.sequence >= before && !pastDamage) return;
      if (line.kind === 'checkpoint' || line.sequence >= before) continue;
      try {
        const { entry } = boxes.open(volume.name, line.sequence, line.box);
        yield { ...entry, node: line.node, sequence: line.sequence, time: new Date(line.time) };
      } catch (error) {
        if (!pastDamage) throw unreadable(volume.name, number, error);
      }
    }
  }
}

function unreadable(volume: string, line: number, cause?: unknown): KeywardError {
  return new KeywardError('integrity', `volume ${volume} of the audit log, line ${line}: it cannot be opened`, {
    store: 'audit log',
    advice: 'See `keyward audit verify` for what was changed.',
    cause,
  });
}

async function* readUpTo(path: string, length: number | undefined): AsyncGenerator<Uint8Array> {
  if (length === 0) return;
  const end = length === undefined ? Number.POSITIVE_INFINITY : length - 1;
  const stream: AsyncIterable<Uint8Array> = createReadStream(path, { end, highWaterMark: 256 * 1024 });
  yield* stream;
}
