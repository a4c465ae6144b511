import type { AuditVerification } from '../core/client.js';
import { volumeSources } from '../guard/audit/show-entries.js';
import { verifyLog } from '../guard/audit/verify-log.js';
import { volumesIn } from '../guard/audit/volume-name.js';
import { witnessesOf } from '../guard/audit/witnesses.js';
import { describeHeader } from '../store/barrier/header.js';
import { readStoreHeader } from './store-header.js';
import { auditFolder, type StoreLocations } from './store-locations.js';
import type { AuditVerifyOptions } from './workspace.js';

/**
 * Verifies the files of the audit log without opening the store, and without any key: for a log whose damage keeps the
 * store from opening. Does not know which key has to have signed; so it can show what is broken, not that nothing is.
 *
 * @throws KeywardError `config` when there is no store.
 */
export async function verifyAuditFiles(
  locations: StoreLocations,
  options: AuditVerifyOptions,
): Promise<AuditVerification> {
  const { storeId } = describeHeader((await readStoreHeader(locations.folder)).bytes);
  const folder = auditFolder(locations.stateFolder(storeId));
  const volumes = volumeSources(folder, volumesIn(folder).at(-1) ?? '', Number.POSITIVE_INFINITY);
  const { anchor, publicKey, onProgress } = options;
  return verifyLog(volumes, { witnesses: witnessesOf(folder, anchor), publicKey, onProgress });
}
