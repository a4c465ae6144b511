import { KeywardError } from '../../../../core/errors.js';
import { concat, equalBytes, utf8 } from '../../../../crypto/encoding.js';
import { randomBytes } from '../../../../crypto/random.js';
import { rm } from '../../../../host/file-calls.js';
import { readOwnedFile, writeOwnedFile } from '../../../../host/owned-file.js';
import { requireParameters } from '../parameters.js';
import type { Enrolment, Slot, SlotAddress, SlotParameters } from '../slot.js';

const kind = 'keyfile';
const keyBytes = 32;
/** So that another file of 32 bytes, given by mistake, is named as such. */
const magic = utf8('keyward-keyfile\n');
const fileBytes = magic.length + keyBytes;

/**
 * A slot key in a file that only its owner can read: "keyward-keyfile\n", then 32 random bytes. It protects a copy of
 * the data folder (a stolen disk of another machine, a backup, a synchronised folder) as long as the key file is not in
 * it; it does not protect against whoever can read this user's files.
 */
export class KeyfileSlot implements Slot {
  readonly kind = kind;
  readonly #pathOf: (address: SlotAddress) => string;

  /** @param path Where the key file is, or will be; its folder must exist and lie outside the data folder. */
  constructor(path: string | ((address: SlotAddress) => string)) {
    this.#pathOf = typeof path === 'string' ? () => path : path;
  }

  /** @throws KeywardError `conflict` when the file exists: it may be the only key of another store. */
  async enrol(address: SlotAddress): Promise<Enrolment> {
    const slotKey = randomBytes(keyBytes);
    await writeOwnedFile(this.#pathOf(address), concat(magic, slotKey), { exclusive: true });
    return { slotKey, parameters: {} };
  }

  async discard(address: SlotAddress): Promise<void> {
    await rm(this.#pathOf(address), { force: true });
  }

  async unlock(parameters: SlotParameters, address: SlotAddress): Promise<Uint8Array | undefined> {
    requireParameters(kind, parameters);
    const path = this.#pathOf(address);
    const content = await readOwnedFile(path, { maxBytes: fileBytes });
    if (content === undefined) return undefined;
    if (content.length !== fileBytes || !equalBytes(content.subarray(0, magic.length), magic)) {
      throw new KeywardError('config', `${path} is not a key file of Keyward`, {
        store: path,
        advice: 'Name the key file that was written when the store was made, or restore it from a copy.',
      });
    }
    return content.subarray(magic.length);
  }
}
