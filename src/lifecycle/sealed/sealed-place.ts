import { dirname } from 'node:path';
import type { Clock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { maxSealedFileBytes, type SealedDocument } from '../../core/sealed-document.js';
import { type AgeIdentity, ageRecipientOf, newAgeIdentity, parseAgeIdentities } from '../../crypto/age-identity.js';
import { utf8 } from '../../crypto/encoding.js';
import { SealedFile } from '../../crypto/sealed-file.js';
import { formatSealed, parseSealed } from '../../formats/sealed-text.js';
import { readAgeKeyFile } from '../../host/age-key-file.js';
import { changeFile } from '../../host/change-file.js';
import { ensureOwnedFolder, writeOwnedFile } from '../../host/owned-file.js';
import { readTextFile } from '../../host/plain-file.js';

/** A sealed file of a project, and the identities of whoever works on it. */
export interface SealedPlace {
  /** Absolute. */
  readonly file: string;
  /** Absolute. */
  readonly keyFile: string;
  readonly clock: Clock;
}

type Open = (document: SealedDocument, options: { identities: readonly AgeIdentity[]; fileName: string }) => SealedFile;

/** @throws KeywardError `config` when there is no such file, `sealed`, `invalid`, `integrity` as `SealedFile.open`. */
export async function readSealed(place: SealedPlace, open: Open = SealedFile.open): Promise<SealedFile> {
  return opened(place, await readTextFile(place.file, { maxBytes: maxSealedFileBytes }), open);
}

/**
 * Changes the file while nobody else does.
 *
 * @param change answers `undefined` to leave it as it is.
 * @throws KeywardError as `readSealed`; `conflict` as `changeFile`.
 */
export async function changeSealed(
  place: SealedPlace,
  change: (file: SealedFile) => SealedDocument | undefined,
  open: Open = SealedFile.open,
): Promise<void> {
  await changeFile(place.file, { maxBytes: maxSealedFileBytes, clock: place.clock }, async (text) => {
    const document = change(await opened(place, text, open));
    return document === undefined ? (text ?? '') : formatSealed(document, place.file);
  });
}

/** Makes a file without values, unless there is one. Answers whether it did. */
export async function createSealed(place: SealedPlace, recipients: ReadonlyMap<string, string>): Promise<boolean> {
  let isNew = false;
  await changeFile(place.file, { maxBytes: maxSealedFileBytes, clock: place.clock }, async (text) => {
    isNew = text === undefined;
    return text ?? formatSealed(SealedFile.create(recipients), place.file);
  });
  return isNew;
}

/** Makes an identity where there is none; answers its recipient. @throws as `writeOwnedFile` */
export async function createIdentity({ keyFile }: SealedPlace): Promise<string> {
  const { text, recipient } = newAgeIdentity();
  await ensureOwnedFolder(dirname(keyFile));
  await writeOwnedFile(keyFile, utf8(`# public key: ${recipient}\n${text}\n`), { exclusive: true });
  return recipient;
}

/** The recipients that the identities in the key file open boxes of. @throws KeywardError as `readAgeKeyFile` */
export async function ownRecipients({ keyFile }: SealedPlace): Promise<readonly string[]> {
  const { bytes, path } = await readAgeKeyFile(keyFile);
  return parseAgeIdentities(bytes, path).map(ageRecipientOf);
}

async function opened({ file, keyFile }: SealedPlace, text: string | undefined, open: Open): Promise<SealedFile> {
  if (text === undefined) {
    throw new KeywardError('config', `there is no sealed file ${file}`, {
      store: file,
      advice: 'Make it with `keyward seal init`, or name the one that you have.',
    });
  }
  const key = await readAgeKeyFile(keyFile);
  return open(parseSealed(text, file), { identities: parseAgeIdentities(key.bytes, key.path), fileName: file });
}
