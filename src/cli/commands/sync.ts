import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import { leftovers, mirrored, ownSteps } from '../../lifecycle/transfer/sync-secrets.js';
import { planTransfer } from '../../lifecycle/transfer/transfer.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { carryOut, transferOptions } from '../transfer/carry-out.js';
import { allOption, notedBelow, pathsOrAll } from '../transfer/secrets-below.js';
import { type Place, twoPlaces, twoPlacesOptions } from '../transfer/two-places.js';

const command: Command = {
  spec: {
    name: 'sync',
    summary: 'Keep a store the mirror of another one',
    usage: '[paths...]',
    description: [
      'One way: writes to --to what lies at or below the paths in the source and is new or differs there, with what is noted',
      'about it. Each secret that it writes is marked as its own in the metadata; a secret without that mark is never',
      'touched, and named. What the source no longer has stays, unless --delete takes away what carries the mark.',
    ],
    options: [
      ...twoPlacesOptions,
      allOption,
      { flags: '--delete', description: 'delete what an earlier sync wrote and the source no longer has' },
      ...transferOptions,
    ],
    examples: [
      {
        command: 'keyward sync exchange --from vault --to kubernetes --yes',
        explanation: 'from a timer: does nothing when nothing changed',
      },
      {
        command: 'keyward sync --all --from vault --to aws --delete --dry-run',
        explanation: 'what would be written and deleted',
      },
    ],
    exitStatuses: { 1: 'the answer to the question was no' },
  },
  run: sync,
};

export default command;

async function sync(invocation: Invocation): Promise<number> {
  const paths = pathsOrAll(invocation);
  const places = twoPlaces(invocation);
  const { from, owner, secrets } = await places.from(async (place) => ({
    from: place.name,
    owner: ownerOf(place),
    secrets: await notedBelow(place.provider, paths),
  }));
  return places.to(async (to) => {
    const { provider, name } = to;
    if (provider.traits.limits?.notes === false) {
      throw new KeywardError('unsupported', `${name} cannot hold the mark by which a sync knows its secrets`, {
        store: provider.name,
        advice: 'Use keyward copy.',
      });
    }
    const { own, foreign } = ownSteps(
      await planTransfer(
        secrets.map((secret) => mirrored(secret, owner)),
        provider,
      ),
      owner,
    );
    warnOfForeign(invocation, name, foreign);
    const removals = flagOption(invocation, 'delete') ? await removalsIn(to, paths) : [];
    const { status } = await carryOut(invocation, {
      verb: 'Sync',
      from,
      to,
      steps: own,
      overwrite: true,
      removals,
      report: { foreign },
    });
    return status;
  });

  async function removalsIn({ provider }: Place, below: readonly Path[]): Promise<readonly Path[]> {
    // An empty source is rather a wrong prefix or mount than the wish to delete everything.
    if (secrets.length > 0) return leftovers(await notedBelow(provider, below), secrets, owner);
    throw new KeywardError('not_found', `${from} holds nothing there; nothing was deleted`, {
      advice: 'If that is meant, delete the secrets of the target by name.',
    });
  }
}

/** Project, environment and store: two of them never take each other's secrets. */
function ownerOf({ workspace: { config }, provider }: Place): string {
  return [config.project ?? '', config.environment, provider.name].join('/');
}

function warnOfForeign({ output }: Invocation, where: string, foreign: readonly Path[]): void {
  if (foreign.length === 0) return;
  output.finding({
    severity: 'warning',
    where,
    cause: `these were not written by this sync and stay as they are: ${foreign.join(', ')}`,
    fix: 'Remove them there if the sync should write them, or leave them out of its paths.',
  });
}
