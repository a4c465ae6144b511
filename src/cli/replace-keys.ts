import type { OpenedStore } from '../compose/workspace.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import { flagOption, type Invocation } from './command.js';
import { progressLine } from './output/progress-line.js';

export const compromisedOption = {
  flags: '--compromised',
  description:
    'the old secret is in wrong hands: replace every key of the store at once, in new files (see store shred)',
};

/**
 * After a slot was taken away with `--compromised`: what its secret could open, together with a copy of the store from
 * before, opens nothing that is in the store now.
 *
 * @throws KeywardError as `store shred`, saying that the slot is gone but this is still to do.
 */
export async function replaceKeysIfCompromised(invocation: Invocation, { client, folder }: OpenedStore): Promise<void> {
  if (!flagOption(invocation, 'compromised')) return;
  const progress = progressLine(invocation);
  try {
    await client.maintenance.shred({ onProgress: progress.show });
  } catch (error) {
    if (!isKeywardError(error)) throw error;
    throw new KeywardError(
      error.code,
      `the slot is gone, but the keys of the store are still the ones of before: ${error.message}`,
      {
        store: folder,
        advice: `${error.advice} Then run: keyward store shred`,
        cause: error,
      },
    );
  } finally {
    progress.clear();
  }
  const { output } = invocation;
  output.note(
    'all keys of the store are new; old backups and values that were read already stay exposed: change the values',
  );
}
