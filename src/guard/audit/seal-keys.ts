import { KeywardError } from '../../core/errors.js';

/**
 * The audit-seal keys of a store, oldest first; the last one seals. A box names the place of its key in this list as
 * its term.
 */
export type SealKeys = readonly Uint8Array[];

/** @throws KeywardError `integrity` when there is no such key. */
export function sealKeyOf(keys: SealKeys, generation: number): Uint8Array {
  const key = keys[generation];
  if (key === undefined) throw new KeywardError('integrity', 'a part of the audit log is sealed under an unknown key');
  return key;
}
