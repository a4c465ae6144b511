import type { Workspace } from '../compose/workspace.js';
import { systemClock } from '../core/clock.js';
import { isKeywardError, KeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import type { Secret } from '../core/secret.js';
import { type CheckedSecret, checkSecrets } from '../lifecycle/inventory/check-secrets.js';
import { exampleFindings } from '../lifecycle/inventory/example-file.js';
import { wantedKind } from '../lifecycle/inventory/key-kind.js';
import { readExample } from './read-example.js';

export interface CheckedInventory {
  readonly secrets: readonly CheckedSecret[];
  /** Of `.env.example`. */
  readonly example: readonly Finding[];
  /** When it was looked at, in milliseconds since 1970. */
  readonly nowMs: number;
}

/** Reads every secret of the inventory, through the chain. @throws KeywardError `config` where there is no inventory. */
export async function checkInventory({ config, providers, secrets }: Workspace): Promise<CheckedInventory> {
  if (config.file === undefined) {
    throw new KeywardError('config', 'there is no keyward.yaml here or above, so there is nothing to check', {
      advice: 'Run: keyward init',
    });
  }
  const nowMs = systemClock.now();
  const held = new Map<string, Secret>();
  const checked = await checkSecrets(config.inventory, {
    getMany: async (names) => {
      const answers = await secrets.getMany(names);
      for (const [name, answer] of answers) if (!isKeywardError(answer)) held.set(name, answer);
      return answers;
    },
    provider: (name) => providers.find((provider) => provider.name === name),
    wanted: wantedKind(config.environment, config.production),
    nowMs,
  });
  return { secrets: checked, example: exampleFindings((await readExample(config.folder)) ?? '', held), nowMs };
}
