import { KeywardError } from '../../core/errors.js';
import { keyText } from './key-order.js';
import { type Commit, type CommitLimits, commitLimits } from './physical-store.js';

/**
 * A copy of the commit that the caller can no longer change, once it has been found to keep the rules that hold for
 * every driver.
 *
 * @throws KeywardError `too_large` or `internal`, as `PhysicalStore.commit` says.
 */
export function acceptedCommit(commit: Commit, limits: CommitLimits): Commit {
  const { require, put, remove } = commit;
  const required = distinctKeys(require.map(({ key }) => key));
  const changed = distinctKeys([...put.map(({ key }) => key), ...remove]);
  for (const key of changed) {
    if (!required.has(key)) throw new KeywardError('internal', 'a commit changes a row without a precondition on it');
  }
  if (required.size > limits.rows) {
    throw new KeywardError('too_large', `a commit has ${required.size} rows; at most ${limits.rows} fit`);
  }
  const valueBytes = put.reduce((total, { value }) => total + value.length, 0);
  let bytes = valueBytes;
  for (const key of required) bytes += key.length;
  if (bytes > limits.bytes) {
    throw new KeywardError('too_large', `a commit has ${bytes} bytes; at most ${limits.bytes} fit`);
  }
  // In one piece of memory: to make hundreds takes longer than to fill it.
  const memory = new Uint8Array(valueBytes);
  let end = 0;
  const copied = (value: Uint8Array) => {
    memory.set(value, end);
    end += value.length;
    return memory.subarray(end - value.length, end);
  };
  return {
    require: require.map(({ key, revision }) => ({ key: new Uint8Array(key), revision })),
    put: put.map(({ key, value }) => ({ key: new Uint8Array(key), value: copied(value) })),
    remove: remove.map((key) => new Uint8Array(key)),
  };
}

function distinctKeys(keys: readonly Uint8Array[]): ReadonlySet<string> {
  const distinct = new Set<string>();
  for (const key of keys) {
    if (key.length === 0) throw new KeywardError('internal', 'a commit names an empty key');
    if (key.length > commitLimits.keyBytes) {
      throw new KeywardError('too_large', `a key has ${key.length} bytes; at most ${commitLimits.keyBytes} fit`);
    }
    distinct.add(keyText(key));
  }
  if (distinct.size < keys.length) throw new KeywardError('internal', 'a commit names one row twice');
  return distinct;
}
