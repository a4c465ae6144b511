import type { KeywardError } from '../../core/errors.js';
import { readNoted } from '../../core/metadata.js';
import type { Path } from '../../core/path.js';
import { expectedVersion, type Provider } from '../../core/provider.js';
import { lastRotatedEntry } from '../../core/rotation-due.js';
import { versionKey } from '../../core/version.js';
import { holds, withCredential } from './credential.js';
import type { Credential } from './rotators/rotator.js';

export interface Replacement {
  readonly expected: Credential | undefined;
  readonly wanted: Credential;
  /** The error for a value that is neither; `undefined` leaves it as it is. */
  readonly otherwise: () => KeywardError | undefined;
  /** When the wanted one was rotated, for the metadata; `undefined` when that is not known. */
  readonly rotated: string | undefined;
}

/** Writes the wanted credential over the expected one, and nothing over any other; done already is done. */
export async function replaceCredential(
  provider: Provider,
  path: Path,
  { expected, wanted, otherwise, rotated }: Replacement,
): Promise<void> {
  const found = await readNoted(provider, path);
  if (found !== undefined && holds(found.payload, wanted)) return;
  const isExpected =
    expected === undefined ? found === undefined : found !== undefined && holds(found.payload, expected);
  if (!isExpected) {
    const error = otherwise();
    if (error === undefined) return;
    throw error;
  }
  const payload = withCredential(found?.payload, wanted);
  const { [lastRotatedEntry]: _, ...others } = found?.metadata ?? {};
  const notes = rotated === undefined ? others : { ...others, [lastRotatedEntry]: rotated };
  const metadata = provider.traits.limits?.notes === false ? undefined : notes;
  const key = found === undefined ? 0 : found.version && versionKey(found.version);
  await provider.write(path, { payload, metadata }, { ifVersion: expectedVersion(provider, key) });
}
