/** The passphrase as slots get it: one spelling of every accent, whatever keyboard it was typed on. */
export function normalisedPassphrase(typed: Uint8Array): Uint8Array {
  return new TextEncoder().encode(new TextDecoder().decode(typed).normalize('NFC'));
}
