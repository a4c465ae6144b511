import type { RecordValue } from '../../core/client.js';
import type { ChangeContext } from '../secrets/secret-store.js';

/** Sealed check-and-set documents over the barrier; semantics are those of `RecordsClient`. Only the door reaches it. */
export interface RecordStore {
  get(name: string): Promise<RecordValue | undefined>;
  put(change: ChangeContext, name: string, bytes: Uint8Array, options: { ifRevision: number }): Promise<number>;
  remove(change: ChangeContext, name: string, options: { ifRevision: number }): Promise<void>;
  list(prefix: string): Promise<readonly string[]>;
}
