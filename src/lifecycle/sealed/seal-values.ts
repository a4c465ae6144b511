import type { Path } from '../../core/path.js';
import type { Payload } from '../../core/payload.js';
import type { SealedFile } from '../../crypto/sealed-file.js';
import { SealedSecrets } from '../../crypto/sealed-secrets.js';
import type { SealedValue } from '../../crypto/sealed-value.js';
import { changeSealed, type SealedPlace } from './sealed-place.js';

/** A secret on its way into a sealed file. */
export interface SecretToSeal {
  readonly path: Path;
  readonly payload: Payload;
  /** Replaces the metadata as a whole; absent keeps it. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface SealSummary {
  readonly sealed: readonly Path[];
  /** Those that the file held already, with the same value; their lines stay as they are. */
  readonly unchanged: readonly Path[];
}

/**
 * Puts secrets into a sealed file, in one change; others in it stay.
 *
 * @throws KeywardError as `changeSealed`; `invalid` when one has another shape in the file than it can have.
 */
export async function sealValues(place: SealedPlace, secrets: Iterable<SecretToSeal>): Promise<SealSummary> {
  const sealed: Path[] = [];
  const unchanged: Path[] = [];
  await changeSealed(place, (file: SealedFile) => {
    const present = new SealedSecrets(file);
    const changes = new Map<string, SealedValue | undefined>();
    for (const { path, payload, metadata } of secrets) {
      const write = present.write(path, { payload, metadata }, undefined, place.clock.now());
      (write.changes.size === 0 ? unchanged : sealed).push(path);
      for (const [name, value] of write.changes) changes.set(name, value);
    }
    return changes.size === 0 ? undefined : file.changed(changes);
  });
  return { sealed, unchanged };
}
