import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SlotAddress } from '../core/slots.js';
import { rename } from '../host/file-calls.js';
import { syncFolder } from '../host/owned-file.js';

/**
 * Where the new key file of a changed slot waits until the header has the slot. Named after the slot, so that two changes
 * at once never take one another's key.
 */
export function pendingKeyFile(keyFile: string): (address: Pick<SlotAddress, 'slotId'>) => string {
  return ({ slotId }) => `${keyFile}.${slotId}`;
}

/**
 * Puts the key file of a slot that the header has in its place, if it still waits: the last step of changing the slot,
 * also when the process that changed it was killed. Where the folder cannot be written to, it stays and is found there.
 */
export async function settleKeyFile(keyFile: string, slotId: string): Promise<void> {
  const pending = pendingKeyFile(keyFile)({ slotId });
  if (!existsSync(pending)) return;
  try {
    await rename(pending, keyFile);
    syncFolder(dirname(keyFile));
  } catch {}
}
