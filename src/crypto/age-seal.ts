/** What writes age boxes: the library, loaded when something is sealed. */

/** A new X25519 identity, `AGE-SECRET-KEY-1…`. */
export async function newAgeIdentity(): Promise<string> {
  const { generateX25519Identity } = await import('age-encryption');
  return generateX25519Identity();
}

/** The recipient (`age1…`) that an identity opens boxes of. */
export async function ageRecipientOf(identity: string): Promise<string> {
  const { identityToRecipient } = await import('age-encryption');
  return identityToRecipient(identity);
}

/** What seals bytes to all of the recipients. @throws the library's error for a text that is no recipient. */
export async function ageSealer(recipients: Iterable<string>): Promise<(plaintext: Uint8Array) => Promise<Uint8Array>> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return (plaintext) => encrypter.encrypt(plaintext);
}
