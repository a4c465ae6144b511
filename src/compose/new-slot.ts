import { KeywardError } from '../core/errors.js';
import type { NewSlot, SlotAddress } from '../core/slots.js';
import { normalisedPassphrase } from './passphrase.js';
import { type SlotKind, slots } from './registry.js';

export interface NewSlotOptions {
  readonly kind: SlotKind;
  /** Where the key file of a key-file slot will be. */
  readonly keyFile: string | ((address: SlotAddress) => string);
  /** Gets a new passphrase; absent where nobody can be asked. */
  readonly askPassphrase?: (() => Promise<Uint8Array>) | undefined;
  /** Hands a new recovery key to the user; absent where there is no way to. */
  readonly showRecoveryCode?: ((code: Uint8Array) => Promise<void>) | undefined;
}

/** A slot that is yet to be enrolled. @throws KeywardError `invalid` when it needs somebody who is not there. */
export function newSlot({ kind, keyFile, askPassphrase, showRecoveryCode }: NewSlotOptions): NewSlot {
  switch (kind) {
    case 'keyfile':
      return new slots.keyfile(keyFile);
    case 'keyring':
      return new slots.keyring();
    case 'passphrase':
      if (askPassphrase === undefined) {
        throw new KeywardError('invalid', 'a passphrase slot needs somebody to ask for the passphrase', {
          advice: 'Run it at a terminal, or use the key file slot.',
        });
      }
      return new slots.passphrase({ ask: async () => normalisedPassphrase(await askPassphrase()) });
    case 'recovery':
      if (showRecoveryCode === undefined) {
        throw new KeywardError('invalid', 'there is no terminal to show a recovery key on', {
          advice: 'Give a new file for it: --recovery-out <file>',
        });
      }
      return new slots.recovery({ show: showRecoveryCode, ask: async () => undefined });
  }
}
