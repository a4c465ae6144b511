import type { RecordsClient } from '../core/client.js';
import type { Clock } from '../core/clock.js';
import { isKeywardError } from '../core/errors.js';
import { ByteReader, concat, u64 } from '../crypto/encoding.js';

/** How far the host's clock may go back unseen, and how often the time is written down. */
export const clockSlackMs = 60_000;

/**
 * How often the host's clock has been seen to go back, by whichever process of this store. The latest time that was seen
 * is on record, at most a minute old while anything is kept; so ages that are counted on this clock can come out too
 * small by a minute in all, and by no more within one epoch.
 */
export async function clockEpoch(records: RecordsClient, name: string, clock: Clock): Promise<number> {
  const known = await records.get(name);
  const { time, epoch } = known === undefined ? { time: 0, epoch: 0 } : decode(known.bytes);
  const now = clock.now();
  if (Math.abs(now - time) <= clockSlackMs) return epoch;
  const next = now < time ? epoch + 1 : epoch;
  try {
    await records.put(name, concat(u64(now), u64(next)), { ifRevision: known?.revision ?? 0 });
    return next;
  } catch (error) {
    if (isKeywardError(error, 'conflict')) return clockEpoch(records, name, clock);
    throw error;
  }
}

function decode(bytes: Uint8Array): { readonly time: number; readonly epoch: number } {
  const reader = new ByteReader(bytes);
  const seen = { time: reader.u64(), epoch: reader.u64() };
  reader.end();
  return seen;
}
