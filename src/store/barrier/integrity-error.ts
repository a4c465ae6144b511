import { KeywardError } from '../../core/errors.js';

/** A row, a shard or the store is not what was written. `what` names no secret: shards are numbers. */
export function notAsWritten(what: string): KeywardError {
  return new KeywardError('integrity', `${what}: the store was damaged, changed or rolled back outside Keyward`);
}

export function shardName(shard: number): string {
  return `shard ${shard.toString(16).padStart(2, '0')}`;
}

/** Whoever can write the header can seal a root of their own to our slots; the anchor is what they cannot make. */
export function foreignAnchor(where: string): KeywardError {
  return new KeywardError('integrity', `${where} was not made by the keys that the header of the store leads to`, {
    advice: `Compare header.kw with a copy. Only if the anchor itself was damaged, move ${where} away and open again.`,
  });
}
