import { KeywardError } from '../../core/errors.js';
import { expiresEntry } from '../../core/expiry.js';
import type { Path } from '../../core/path.js';
import { encodingTag } from './azure-payload.js';

/** Says which path a secret has whose name more than one path could have. */
export const pathTag = 'keyward-path';
const ownTags: readonly string[] = [pathTag, encodingTag];
const maxTags = 15;
const maxTagLength = 256;

interface Noted {
  readonly tags?: Readonly<Record<string, string>>;
  readonly expiresOn?: Date;
}

/** What the owner noted about a version; its end as Key Vault has it, where the owner noted no other. */
export function metadataOf({ tags = {}, expiresOn }: Noted): Readonly<Record<string, string>> {
  const noted = Object.entries(tags).filter(([name]) => !ownTags.includes(name));
  const end: [string, string][] = expiresOn === undefined ? [] : [[expiresEntry, expiresOn.toISOString()]];
  return Object.fromEntries([...end, ...noted]);
}

/** The tags that the owner did not note. */
export function ownTagsOf({ tags = {} }: Noted): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).filter(([name]) => ownTags.includes(name)));
}

/**
 * The tags of a version.
 *
 * @throws KeywardError `unsupported` for what Key Vault cannot hold as tags.
 */
export function tagsFor(
  path: Path,
  metadata: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
  store: string,
): Record<string, string> {
  const refuse = (problem: string) =>
    new KeywardError('unsupported', `${store} cannot note this about ${path}: ${problem}`, { store, path });
  const reserved = ownTags.find((name) => Object.hasOwn(metadata, name));
  if (reserved !== undefined) throw refuse(`the name ${reserved} is taken`);
  const tags = Object.entries({ ...metadata, ...own });
  if (tags.length > maxTags) throw refuse(`there are ${tags.length} notes, and ${maxTags} tags at most`);
  const long = tags.find(([name, text]) => name.length > maxTagLength || text.length > maxTagLength);
  if (long !== undefined) throw refuse(`a tag is longer than ${maxTagLength} characters`);
  return Object.fromEntries(tags);
}
