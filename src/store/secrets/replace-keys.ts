import { KeywardError } from '../../core/errors.js';
import { type Path, parsePath } from '../../core/path.js';
import type { OnProgress } from '../../core/progress.js';
import type { RowPut } from '../barrier/barrier.js';
import { currentTerm, type Keyring, withKeysReplaced } from '../barrier/keyring.js';
import type { KeyringPlace } from '../barrier/keyring-place.js';
import type { NextSeals } from '../barrier/replace-rows.js';
import type { FoundRow } from '../barrier/row-boxes.js';
import type { SealedBarrier } from '../barrier/sealed-barrier.js';
import { JournalsOfNewShards } from './operation-journal.js';
import { decodeSecret, encodeSecret } from './secret-codec.js';
import { openPayload, sealVersion, secretAddress } from './secret-rows.js';
import type { StoredVersion } from './secret-state.js';

export interface ReplaceKeysParts {
  readonly barrier: SealedBarrier;
  readonly keyring: KeyringPlace & {
    replaceRoot(change: { readonly keyring: (present: Keyring) => Keyring }): Promise<unknown>;
    forget(): void;
  };
}

/**
 * Seals everything anew under the next keys of the keyring, every name under a new index key and every payload under a
 * data key of its own, in new files; then lets the keys of before go, with a new root. Ended at any point, the files of
 * before count or the new ones, and the store opens. What opened the store in this process does not reach it any more,
 * whatever becomes of this.
 *
 * @returns the number of the term.
 * @throws KeywardError `integrity` when a row is not as it was written, `conflict` when somebody commits meanwhile.
 */
export async function replaceKeys(
  { barrier, keyring }: ReplaceKeysParts,
  { onProgress }: { readonly onProgress?: OnProgress | undefined } = {},
): Promise<number> {
  try {
    const replaced = withKeysReplaced(await keyring.read());
    const journals = new JournalsOfNewShards();
    const convert = async (row: FoundRow, seals: NextSeals): Promise<readonly RowPut[]> => {
      const { kind, name } = row.address;
      if (kind === 'secret') return secretPuts(barrier, parsePath(name), row.body, seals);
      if (kind !== 'operation') return [{ address: { ...row.address, shardBy: name }, plaintext: row.body }];
      journals.note(row);
      return [];
    };
    await barrier.replaceRows(replaced, { convert, complete: () => journals.puts(), onProgress });
    await keyring.replaceRoot({ keyring: withKeysReplaced });
    return currentTerm(replaced).term;
  } finally {
    barrier.seal();
    keyring.forget();
  }
}

async function secretPuts(
  barrier: SealedBarrier,
  path: Path,
  body: Uint8Array,
  seals: NextSeals,
): Promise<readonly RowPut[]> {
  const state = decodeSecret(path, body);
  const versions: StoredVersion[] = [];
  const payloads: RowPut[] = [];
  for (const version of state.versions) {
    if (version.sealed === undefined) {
      versions.push(version);
      continue;
    }
    const payload = await openPayload(barrier, barrier, path, version);
    if (payload === undefined) {
      throw new KeywardError('integrity', `the payload of version ${version.number} of ${path} is missing`, { path });
    }
    const { version: anew, put } = sealVersion(seals, path, payload, version);
    versions.push({ ...version, sealed: anew.sealed });
    payloads.push(put);
  }
  return [{ address: secretAddress(path), plaintext: encodeSecret({ ...state, versions }) }, ...payloads];
}
