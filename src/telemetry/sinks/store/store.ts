import type { AccessEntry } from '../../../core/access-entry.js';
import type { AuditClient } from '../../../core/client.js';
import type { Path } from '../../../core/path.js';
import type { AccessSink } from '../../access-sink.js';

export interface StoreSinkOptions {
  /** Opens the store at the first entry. */
  readonly connect: () => Promise<Pick<AuditClient, 'record'>>;
  /** Whether the store has recorded it already, being the one that was asked. */
  readonly isRecorded: (entry: AccessEntry) => boolean;
  /** The path by which the store knows what the entry calls so. */
  readonly pathInStore: (path: Path) => Path;
}

/** The tamper-evident log of Keyward's own store: every entry becomes one of its records. */
export function createStoreSink({ connect, isRecorded, pathInStore }: StoreSinkOptions): AccessSink {
  return {
    name: 'the audit log of the store',
    write: async (entries) => {
      const outside = entries.filter((entry) => !isRecorded(entry));
      if (outside.length === 0) return;
      const audit = await connect();
      const record = (entry: AccessEntry) =>
        audit.record('path' in entry ? { ...entry, path: pathInStore(entry.path) } : entry);
      await Promise.all(outside.map(record));
    },
    close: async () => {},
  };
}
