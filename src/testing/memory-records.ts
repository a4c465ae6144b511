import type { RecordsClient, RecordValue } from '../core/client.js';
import { KeywardError } from '../core/errors.js';

/** Records in memory, without their limits. */
export function createMemoryRecords(): RecordsClient {
  const records = new Map<string, RecordValue>();
  let revisions = 0;
  const assertRevision = (name: string, ifRevision: number) => {
    if ((records.get(name)?.revision ?? 0) !== ifRevision) throw new KeywardError('conflict', `${name} was changed`);
  };
  return {
    get: async (name) => records.get(name),
    async put(name, bytes, { ifRevision }) {
      assertRevision(name, ifRevision);
      revisions += 1;
      records.set(name, { bytes: Uint8Array.from(bytes), revision: revisions });
      return revisions;
    },
    async remove(name, { ifRevision }) {
      assertRevision(name, ifRevision);
      records.delete(name);
    },
    list: async (prefix) => [...records.keys()].filter((name) => name.startsWith(prefix)).sort(),
  };
}
