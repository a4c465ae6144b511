import { PrfKey } from '../crypto/derive.js';
import { randomBytes } from '../crypto/random.js';
import { findInBlock, mostInBlock } from './find-in-block.js';
import type { ManagedFinder } from './fingerprints.js';
import type { Leak } from './leak.js';
import { LineCounter } from './line-counter.js';
import type { ListedFile } from './list-files.js';
import { belongsTo, overlapBytes, readBlocks } from './read-blocks.js';

const fingerprintBytes = 8;
const keyBytes = 32;
/** Bytes at the beginning of a file that tell whether it is text. */
const headBytes = 8 * 1024;

export interface ScanResult {
  readonly leaks: readonly Leak[];
  readonly files: number;
  readonly bytes: number;
  /** Files that could not be read, or not to their end, or of whose findings only some are told. */
  readonly incomplete: readonly string[];
}

export interface ScanOptions {
  /** For the fingerprints, 32 bytes; a new one when absent. */
  readonly key?: Uint8Array | undefined;
  /** Finds the values of our own stores. */
  readonly managed?: ManagedFinder | undefined;
}

/**
 * Looks for secrets in files.
 *
 * @throws KeywardError `unavailable` when a disk fails.
 */
export async function scanFiles(
  files: AsyncIterable<ListedFile>,
  { key = randomBytes(keyBytes), managed }: ScanOptions = {},
): Promise<ScanResult> {
  const prf = new PrfKey(key);
  const leaks: Leak[] = [];
  const incomplete: string[] = [];
  let count = 0;
  let bytes = 0;
  for await (const file of files) {
    let line = 1;
    let isBinary = false;
    let isCapped = false;
    const end = readBlocks(file, (block) => {
      if (block.offset === 0) isBinary = block.bytes.subarray(0, headBytes).includes(0);
      const position = new LineCounter(block.bytes, line);
      const found = findInBlock(block.bytes, managed);
      isCapped ||= found.length === mostInBlock;
      for (const { kind, value, start } of found) {
        if (!belongsTo(block, start) || (isBinary && kind.severity !== 'error')) continue;
        leaks.push({
          kind,
          file: file.shown,
          ...position.at(start),
          length: value.length,
          fingerprint: Buffer.from(prf.mac(value).subarray(0, fingerprintBytes)).toString('hex'),
        });
      }
      bytes += block.bytes.length;
      if (!block.isLast) line = position.at(block.bytes.length - overlapBytes).line;
    });
    if (end === 'whole' && !isCapped) count += 1;
    else incomplete.push(file.shown);
  }
  prf.forget();
  return { leaks, files: count, bytes, incomplete };
}
