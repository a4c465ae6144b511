import { KeywardError } from '../core/errors.js';
import { withoutFinalNewline } from '../core/final-newline.js';
import { readOwnedFile } from '../host/owned-file.js';

const maxPassphraseBytes = 4096;

/** The passphrase as slots get it: one spelling of every accent, whatever keyboard it was typed on. */
export function normalisedPassphrase(typed: Uint8Array): Uint8Array {
  return new TextEncoder().encode(new TextDecoder().decode(typed).normalize('NFC'));
}

/** The passphrase in a file that its owner alone may read, without one final newline. @throws KeywardError `config` */
export async function readPassphrase(file: string): Promise<Uint8Array> {
  const bytes = await readOwnedFile(file, { maxBytes: maxPassphraseBytes });
  if (bytes === undefined) {
    throw new KeywardError('config', `there is no passphrase file ${file}`, {
      store: file,
      advice: 'Correct KEYWARD_PASSPHRASE_FILE.',
    });
  }
  return normalisedPassphrase(withoutFinalNewline(bytes));
}
