import { PrfKey } from '../crypto/derive.js';
import { isAllowed } from './allow-mark.js';
import type { Baseline } from './baseline.js';
import { findInBlock, managedId } from './find-in-block.js';
import type { ManagedFinder } from './fingerprints.js';
import type { Leak } from './leak.js';
import { LineCounter } from './line-counter.js';
import type { ListedFile } from './list-files.js';
import { belongsTo, overlapBytes, readBlocks } from './read-blocks.js';

const fingerprintBytes = 8;
/** Bytes at the beginning of a file that tell whether it is text. */
const headBytes = 8 * 1024;
const nothing = { secrets: [], isWhole: true };

export interface ScanResult {
  readonly leaks: readonly Leak[];
  /** How many findings the baseline has. */
  readonly known: number;
  readonly files: number;
  readonly bytes: number;
  /** Files that could not be read, or were not looked at or told in full: larger than the limit, or floods. */
  readonly incomplete: readonly string[];
}

export interface ScanOptions {
  /** What is known already, and the key of the fingerprints. */
  readonly baseline: Baseline;
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
  { baseline, managed }: ScanOptions,
): Promise<ScanResult> {
  const prf = new PrfKey(baseline.key);
  const leaks: Leak[] = [];
  const incomplete: string[] = [];
  let known = 0;
  let count = 0;
  let bytes = 0;
  for await (const file of files) {
    let line = 1;
    let isBinary = false;
    let isCapped = false;
    const end = readBlocks(file, (block) => {
      if (block.offset === 0) isBinary = block.bytes.subarray(0, headBytes).includes(0);
      const position = new LineCounter(block.bytes, line);
      const { secrets, isWhole } = isUniform(block.bytes) ? nothing : findInBlock(block.bytes, managed);
      isCapped ||= !isWhole;
      for (const { kind, value, start } of secrets) {
        if (!belongsTo(block, start) || (isBinary && kind.severity !== 'error')) continue;
        // A mark says that somebody looked at it; our own values are none that anybody can allow.
        if (kind.id !== managedId && isAllowed(block.bytes, start)) continue;
        const fingerprint = Buffer.from(prf.mac(value).subarray(0, fingerprintBytes)).toString('hex');
        const leak = { kind, file: file.shown, ...position.at(start), length: value.length, fingerprint };
        if (baseline.isKnown(leak)) known += 1;
        else leaks.push(leak);
      }
      bytes += block.bytes.length;
      if (!block.isLast) line = position.at(block.bytes.length - overlapBytes).line;
    });
    if (end === 'none') continue;
    if (end === 'whole' && !isCapped) count += 1;
    else incomplete.push(file.shown);
  }
  prf.forget();
  return { leaks, known, files: count, bytes, incomplete };
}

/** Whether there is one byte over and over, as in what a sparse file does not hold. */
function isUniform(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
}
