import { PrfKey } from '../crypto/derive.js';
import { randomBytes } from '../crypto/random.js';
import { findSecrets } from './find-secrets.js';
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
  /** Files that could not be read, or not to their end. */
  readonly incomplete: readonly string[];
}

/**
 * Looks for secrets in files.
 *
 * @param key for the fingerprints, 32 bytes; a new one when absent
 * @throws KeywardError `unavailable` when a disk fails.
 */
export async function scanFiles(
  files: AsyncIterable<ListedFile>,
  key: Uint8Array = randomBytes(keyBytes),
): Promise<ScanResult> {
  const prf = new PrfKey(key);
  const leaks: Leak[] = [];
  const incomplete: string[] = [];
  let count = 0;
  let bytes = 0;
  for await (const file of files) {
    let line = 1;
    let isBinary = false;
    const end = readBlocks(file, (block) => {
      if (block.offset === 0) isBinary = block.bytes.subarray(0, headBytes).includes(0);
      const position = new LineCounter(block.bytes, line);
      for (const match of findSecrets(block.bytes)) {
        if (!belongsTo(block, match) || (isBinary && match.kind.severity !== 'error')) continue;
        const value = block.bytes.subarray(match.start, match.end);
        leaks.push({
          kind: match.kind,
          file: file.shown,
          ...position.at(match.start),
          length: value.length,
          fingerprint: Buffer.from(prf.mac(value).subarray(0, fingerprintBytes)).toString('hex'),
        });
      }
      bytes += block.bytes.length;
      if (!block.isLast) line = position.at(block.bytes.length - overlapBytes).line;
    });
    if (end === 'whole') count += 1;
    else incomplete.push(file.shown);
  }
  prf.forget();
  return { leaks, files: count, bytes, incomplete };
}
