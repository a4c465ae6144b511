import { dirname, resolve } from 'node:path';
import { KeywardError } from '../core/errors.js';
import { maxSealedFileBytes, sealedFileId } from '../core/sealed-document.js';
import { readTextFile } from '../host/plain-file.js';
import { realPath } from '../host/real-path.js';
import { isClaimedBy, otherOwner, type PrefixClaims } from './prefix-claims.js';

/** Where it is noted what belongs to which folder. */
interface ClaimList {
  claims(): Promise<PrefixClaims>;
  claim(prefix: string, folder: string): Promise<void>;
}

/**
 * Why a link to a sealed file needs trust. Sealed files are often public: one of this user's, copied into the repository
 * of somebody else, would open here and hand its values to their program. `keyward seal init` notes where a file belongs.
 */
export async function sealedReach(file: string, folder: string, claims: PrefixClaims): Promise<readonly string[]> {
  const found = await claimOf(resolve(folder, file));
  if (found === undefined || isClaimedBy(claims, found.claim, found.folder)) return [];
  return [
    `${file} (${found.claim}) would be opened with your identity, and \`keyward seal init\` was not run for it in ${found.folder}`,
  ];
}

/**
 * Notes that the sealed file belongs where it lies.
 *
 * @throws KeywardError `conflict` when it is known as that of another folder.
 */
export async function claimSealedFile(path: string, trust: ClaimList): Promise<void> {
  const found = await claimOf(path);
  if (found === undefined) return;
  const { claim, folder } = found;
  const claims = await trust.claims();
  if (isClaimedBy(claims, claim, folder)) return;
  const owner = otherOwner(claims, claim, folder);
  if (owner === undefined) return trust.claim(claim, folder);
  throw new KeywardError('conflict', `${path} is a copy of the sealed file in ${owner}`, {
    store: path,
    advice: 'Its values would be given to the programs of this folder too. If that is meant, run: keyward trust',
  });
}

async function claimOf(path: string): Promise<{ readonly claim: string; readonly folder: string } | undefined> {
  const real = await realPath(path);
  const text = real === undefined ? undefined : await readTextFile(real, { maxBytes: maxSealedFileBytes });
  const fileId = text === undefined ? undefined : sealedFileId(text);
  return real === undefined || fileId === undefined ? undefined : { claim: `sealed:${fileId}`, folder: dirname(real) };
}
