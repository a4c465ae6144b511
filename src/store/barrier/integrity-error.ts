import { KeywardError } from '../../core/errors.js';

/** A row, a shard or the store is not what was written. `what` names no secret: shards are numbers. */
export function notAsWritten(what: string): KeywardError {
  return new KeywardError('integrity', `${what}: the store was damaged, changed or rolled back outside Keyward`);
}

export function shardName(shard: number): string {
  return `shard ${shard.toString(16).padStart(2, '0')}`;
}
