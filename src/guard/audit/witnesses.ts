import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileError } from '../../host/file-error.js';
import { listFolder } from '../../host/list-folder.js';
import type { Witness } from './verify-log.js';

/**
 * The checkpoints that lie beside the log, the newest and those of a log that was cut, and the one that was kept
 * elsewhere, if any.
 *
 * @throws KeywardError `unavailable` when one cannot be read.
 */
export function witnessesOf(folder: string, anchor: Uint8Array | undefined): readonly Witness[] {
  const beside = namesIn(folder, /^checkpoint.*\.json$/).map((name) => ({ name, bytes: read(join(folder, name)) }));
  return anchor === undefined ? beside : [...beside, { name: 'the anchor', bytes: anchor }];
}

/** Names of the checkpoints that the log does not hold any more. */
export function lostCheckpoints(folder: string): readonly string[] {
  return namesIn(folder, /^checkpoint.*\.lost\.json$/);
}

function namesIn(folder: string, pattern: RegExp): readonly string[] {
  return listFolder(folder)
    .filter((name) => pattern.test(name))
    .sort();
}

function read(path: string): Uint8Array {
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (error) {
    throw fileError(error, 'read', path);
  }
}
