import { KeywardError } from '../../core/errors.js';
import { gitStanding } from '../../host/git.js';

/**
 * @param place what the files are part of, for the message.
 * @throws KeywardError `invalid` when git would take one of the files into a repository, or cannot say that it would not.
 */
export async function assertSafePlace(place: string, files: readonly string[]): Promise<void> {
  const standing = await gitStanding(files);
  if (standing === 'outside' || standing === 'ignored') return;
  const reason =
    standing === 'visible'
      ? 'lies in a git repository that does not ignore it, so the values could be committed'
      : 'lies in a git repository, and git does not say that it is ignored';
  throw new KeywardError('invalid', `${place} ${reason}; nothing was written`, {
    store: place,
    advice: 'Write it elsewhere, add it to .gitignore, or use --force.',
  });
}
