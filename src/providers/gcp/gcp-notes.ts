import { KeywardError } from '../../core/errors.js';
import type { SecretMessage } from './gcp-messages.js';

/** The annotation that says which path a name stands for, where more than one could have it. */
export const pathNote = 'keyward-path';
/** The annotation by which a writer says which version it is about to add, and since when. */
export const claimNote = 'keyward-writing';

const ownPrefix = 'keyward-';
const keyPattern = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const maxBytes = 16 * 1024;

export type Notes = Readonly<Record<string, string>>;

/** What the secret's owner noted: its annotations without ours. */
export function metadataOf({ annotations }: Pick<SecretMessage, 'annotations'>): Notes {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !name.startsWith(ownPrefix)));
}

/**
 * The annotations of a secret once this is noted about it; ours stay.
 *
 * @throws KeywardError `unsupported` for what annotations cannot hold
 * (https://cloud.google.com/secret-manager/docs/creating-and-managing-annotations).
 */
export function annotationsWith(present: Notes, metadata: Notes | undefined, own: Notes, store: string): Notes {
  const kept = Object.entries(present).filter(([name]) => metadata === undefined || name.startsWith(ownPrefix));
  for (const name of Object.keys(metadata ?? {})) {
    if (keyPattern.test(name) && !name.startsWith(ownPrefix)) continue;
    throw new KeywardError('unsupported', `${store} cannot note anything under ${JSON.stringify(name)}`, {
      store,
      advice: 'Use up to 63 letters, digits, dots, dashes and underscores between two letters or digits.',
    });
  }
  const notes = Object.fromEntries([...kept, ...Object.entries(metadata ?? {}), ...Object.entries(own)]);
  const size = Object.entries(notes).reduce((sum, [name, text]) => sum + Buffer.byteLength(name + text), 0);
  if (size <= maxBytes) return notes;
  throw new KeywardError(
    'too_large',
    `${store}: the notes have ${size} bytes; a secret there has at most ${maxBytes}`,
    {
      store,
    },
  );
}
