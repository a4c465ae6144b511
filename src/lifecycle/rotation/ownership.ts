import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import type { Provider } from '../../core/provider.js';
import type { NotedVersion } from '../../core/version.js';

/** The metadata entry that says by which Keyward a secret is being rotated, and the how-manieth rotation it is there. */
export const rotatedByEntry = 'rotated_by';

export interface Ownership {
  /** @throws KeywardError `conflict` when another Keyward rotates it, `integrity` when this one forgot that it did. */
  assertFree(found: NotedVersion | undefined, epoch: number): void;
  /** @throws KeywardError `conflict` when the metadata was changed meanwhile. */
  claim(found: NotedVersion | undefined, epoch: number): Promise<void>;
  leave(found: NotedVersion | undefined): Promise<void>;
}

/** The mark on a secret by which two Keywards with stores of their own keep out of each other's way. */
export function ownershipOf({ provider, owner }: { provider: Provider; owner: string }, path: Path): Ownership {
  const note = async (found: NotedVersion | undefined, mark: string | undefined) => {
    if (found === undefined || provider.traits.limits?.notes === false) return;
    const { metadata } = found;
    if (metadata[rotatedByEntry] === mark) return;
    const { [rotatedByEntry]: _, ...rest } = metadata;
    await provider.write(path, {
      metadata: mark === undefined ? rest : { ...rest, [rotatedByEntry]: mark },
      ifMetadata: metadata,
    });
  };
  return {
    assertFree(found, epoch) {
      const mark = found?.metadata[rotatedByEntry];
      if (mark === undefined) return;
      const [by, number] = mark.split('/');
      const advice = `If that one is gone, run: keyward set ${path} --keep-value --meta ${rotatedByEntry}=`;
      if (by !== owner) {
        throw new KeywardError('conflict', `${path} is being rotated by another Keyward`, { path, advice });
      }
      // One more: the mark was made, and the journal not yet written.
      if (Number(number) > epoch + 1) {
        throw new KeywardError('integrity', `the store of Keyward is older than a rotation of ${path}`, {
          path,
          advice,
        });
      }
    },
    claim: (found, epoch) => note(found, `${owner}/${epoch}`),
    leave: (found) => note(found, undefined),
  };
}
