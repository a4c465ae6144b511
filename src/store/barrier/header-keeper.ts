import type { Clock } from '../../core/clock.js';
import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { SlotDescription, SlotList } from '../../core/slots.js';
import {
  addSlot,
  describeHeader,
  type OpenedHeader,
  type RootChange,
  reopenHeader,
  replaceKeyring,
  replaceRoot,
  type StoredHeader,
} from './header.js';
import { type HeaderPlace, readHeader, replaceHeader } from './header-file.js';
import type { Keyring } from './keyring.js';
import type { KeyringPlace } from './keyring-place.js';
import type { NewSlot } from './slots/slot.js';

export interface HeaderKeeperOptions {
  readonly place: HeaderPlace;
  readonly clock: Clock;
  readonly opened: OpenedHeader;
}

interface Present {
  readonly stored: StoredHeader;
  readonly opened: OpenedHeader;
}

/**
 * The header of an open store as it is now for all processes, and the ways to change it. A change is durable when it
 * resolves; `conflict` means that somebody else changed the header meanwhile, and that nothing was changed here.
 *
 * Everything throws `sealed` once the slot that opened the store was removed by another process, and after `forget`.
 */
export class HeaderKeeper implements KeyringPlace {
  readonly #place: HeaderPlace;
  readonly #clock: Clock;
  #opened: OpenedHeader | undefined;

  constructor({ place, clock, opened }: HeaderKeeperOptions) {
    this.#place = place;
    this.#clock = clock;
    this.#opened = opened;
  }

  /** The slots that open the store, and the one by which this process opened it. */
  async list(): Promise<SlotList> {
    const { stored, opened } = await this.#present();
    return { slots: describeHeader(stored.bytes).slots, openedBy: opened.slotId };
  }

  /** The header as it is kept. */
  async stored(): Promise<StoredHeader> {
    return (await this.#present()).stored;
  }

  /** The keyring. */
  async read(): Promise<Keyring> {
    return (await this.#present()).opened.keyring;
  }

  /**
   * Replaces the keyring, and answers what it now is. `change` is called again when somebody else was faster, and leaves
   * the keyring alone by answering what it was given.
   */
  async change(change: (keyring: Keyring) => Keyring): Promise<Keyring> {
    for (;;) {
      const { stored, opened } = await this.#present();
      const keyring = change(opened.keyring);
      if (keyring === opened.keyring) return keyring;
      try {
        await replaceHeader(this.#place, stored, replaceKeyring(stored, opened, keyring));
        return keyring;
      } catch (error) {
        if (!isKeywardError(error, 'conflict')) throw error;
      }
    }
  }

  /** Answers the slots that there are now, the new one last. @throws KeywardError as the function `addSlot`. */
  async addSlot(slot: NewSlot): Promise<readonly SlotDescription[]> {
    const { stored, opened } = await this.#present();
    const after = await addSlot(stored, opened, slot, this.#clock);
    return this.#replace(stored, after, slot);
  }

  /**
   * Makes a new root, and answers the slots that there are now, an added one last. This process goes on with the new
   * root, also when the slot that it used was removed. @throws KeywardError as the function `replaceRoot`.
   */
  async replaceRoot(change: RootChange): Promise<readonly SlotDescription[]> {
    const { stored, opened } = await this.#present();
    const after = await replaceRoot(stored, opened, change, this.#clock);
    const slots = await this.#replace(stored, after, change.add);
    this.#opened = { ...opened, root: after.root, keyring: after.keyring };
    return slots;
  }

  /** Lets go of the keys. */
  forget(): void {
    this.#opened?.root.fill(0);
    this.#opened?.recipient.privateKey.fill(0);
    this.#opened = undefined;
  }

  /** What was enrolled for a header that did not come to be leads nowhere, and is taken away. */
  async #replace(before: StoredHeader, after: StoredHeader, enrolled?: NewSlot): Promise<readonly SlotDescription[]> {
    const { storeId, slots } = describeHeader(after.bytes);
    try {
      await replaceHeader(this.#place, before, after);
    } catch (error) {
      const slotId = slots.at(-1)?.id;
      if (slotId !== undefined && isKeywardError(error, 'conflict')) await enrolled?.discard({ storeId, slotId });
      throw error;
    }
    return slots;
  }

  async #present(): Promise<Present> {
    if (this.#opened === undefined) throw new KeywardError('sealed', 'the store was sealed');
    const { folder } = this.#place;
    const stored = await readHeader(folder);
    if (stored === undefined) throw new KeywardError('unavailable', `the header of the store at ${folder} is gone`);
    this.#opened = reopenHeader(stored, this.#opened);
    return { stored, opened: this.#opened };
  }
}
