import type { Slot } from '../store/barrier/slots/slot.js';
import { normalisedPassphrase, readPassphrase } from './passphrase.js';
import { pendingKeyFile } from './pending-key-file.js';
import { type SlotKind, slots } from './registry.js';

export const recoveryQuestion = 'Recovery key of the store (or nothing)';

export interface OfferedSlotsOptions {
  readonly keyFile: string;
  /** A file with the passphrase, for where nobody can be asked. */
  readonly passphraseFile: string | undefined;
  /** Asks for a passphrase or recovery key; absent where nobody can be asked. */
  readonly ask: ((question: string) => Promise<Uint8Array | undefined>) | undefined;
  /** The only kind to try, beside a recovery key that is typed; every kind when absent. */
  readonly only: SlotKind | undefined;
}

/**
 * What this user has that may open a store, in the order in which it is tried: first what asks nobody. People are asked
 * only for slots that the store has.
 */
export function offeredSlots({ keyFile, passphraseFile, ask, only }: OfferedSlotsOptions): readonly Slot[] {
  const keyFiles = [new slots.keyfile(keyFile), new slots.keyfile(pendingKeyFile(keyFile))];
  if (passphraseFile !== undefined) {
    const passphrase = new slots.passphrase({ ask: () => readPassphrase(passphraseFile) });
    return chosen(only, [...keyFiles, passphrase, new slots.keyring()]);
  }
  return [...chosen(only, [...keyFiles, new slots.keyring()]), ...(ask === undefined ? [] : askedSlots(ask, only))];
}

function askedSlots(ask: NonNullable<OfferedSlotsOptions['ask']>, only: SlotKind | undefined): readonly Slot[] {
  // Nothing typed is nothing offered: who mistyped the passphrase and has no recovery key hears that it does not open.
  const answer = async (question: string) => {
    const typed = await ask(question);
    return typed?.length === 0 ? undefined : typed;
  };
  const askPassphrase = async () => {
    const typed = await answer('Passphrase of the store');
    return typed && normalisedPassphrase(typed);
  };
  const askRecoveryKey = () => answer(recoveryQuestion);
  return [
    ...chosen(only, [new slots.passphrase({ ask: askPassphrase })]),
    new slots.recovery({ ask: askRecoveryKey, show: async () => undefined }),
  ];
}

function chosen(only: SlotKind | undefined, offered: readonly Slot[]): readonly Slot[] {
  return only === undefined ? offered : offered.filter(({ kind }) => kind === only);
}
