import { SealedFile, type SealedProblems } from '../../crypto/sealed-file.js';
import { changeSealed, readSealed, type SealedPlace } from './sealed-place.js';

/** What a merge, or somebody without an identity, left in a sealed file. */
export interface SealedDamage extends SealedProblems {
  readonly allRecipients: ReadonlyMap<string, string>;
  /** Values that are not sealed to all recipients: a merge brought them from before one was added. */
  readonly stale: readonly string[];
}

/**
 * Looks at everything in the file; changes nothing.
 *
 * @throws KeywardError as `readSealed` without an identity; `integrity` for a value that does not open where it stands:
 * such a value cannot be repaired, only taken out.
 */
export async function inspectSealed(place: SealedPlace): Promise<SealedDamage> {
  return damageOf(await readSealed(place, SealedFile.openUnverified));
}

/**
 * Authenticates recipients and names as they stand now, and seals what is not sealed to all recipients anew.
 *
 * @param agreed what the person saw; the file is left alone when it has changed since.
 * @throws KeywardError as `inspectSealed`. Answers whether it was done.
 */
export async function repairSealed(place: SealedPlace, agreed: SealedDamage): Promise<boolean> {
  let isDone = false;
  await changeSealed(
    place,
    (file) => {
      const damage = damageOf(file);
      isDone = JSON.stringify(plain(damage)) === JSON.stringify(plain(agreed));
      if (!isDone) return undefined;
      return damage.recipients || damage.stale.length > 0 ? file.sealedTo(file.recipients) : file.changed(new Map());
    },
    SealedFile.openUnverified,
  );
  return isDone;
}

function damageOf(file: SealedFile): SealedDamage {
  const names = [...file.names];
  for (const name of names) file.read(name);
  const stale = names.filter((name) => !file.isSealedToAll(name));
  return { ...file.problems(), allRecipients: file.recipients, stale };
}

function plain({ allRecipients, ...damage }: SealedDamage) {
  return { ...damage, allRecipients: [...allRecipients] };
}
