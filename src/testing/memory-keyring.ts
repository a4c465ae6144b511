import type { Keyring } from '../store/barrier/keyring.js';
import type { KeyringPlace } from '../store/barrier/keyring-place.js';

/** A keyring in memory, as all who share it see it. */
export class MemoryKeyring implements KeyringPlace {
  now: Keyring;
  reads = 0;

  constructor(keyring: Keyring) {
    this.now = keyring;
  }

  async read(): Promise<Keyring> {
    this.reads += 1;
    return this.now;
  }

  async change(change: (keyring: Keyring) => Keyring): Promise<Keyring> {
    this.now = change(this.now);
    return this.now;
  }
}
