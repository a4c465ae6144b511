import type { Keyring } from './keyring.js';

/** Where the keyring of an open store is kept for all processes: sealed, in the header. */
export interface KeyringPlace {
  /** As it is now. @throws KeywardError `sealed` when what opened the store does not open it any more. */
  read(): Promise<Keyring>;
  /**
   * Replaces it, and answers what it now is; durable when it resolves. `change` is called again when somebody else was
   * faster, and leaves it alone by answering what it was given.
   */
  change(change: (keyring: Keyring) => Keyring): Promise<Keyring>;
}
