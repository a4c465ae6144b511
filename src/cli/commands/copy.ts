import { planTransfer } from '../../lifecycle/transfer/transfer.js';
import { wholeSecret } from '../../lifecycle/transfer/wanted-secrets.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { carryOut, overwriteOption, transferOptions } from '../transfer/carry-out.js';
import { allOption, pathsOrAll, secretsBelow } from '../transfer/secrets-below.js';
import { twoPlaces, twoPlacesOptions } from '../transfer/two-places.js';

const command: Command = {
  spec: {
    name: 'copy',
    summary: 'Copy secrets from one environment, or one store, into another',
    usage: '[paths...]',
    description: [
      'Everything at or below the paths, from the write target of --env into that of --to, with what is noted about it;',
      'with --from, from one link of the chain into another. Shows the plan, then asks; where the rules of production',
      'apply, the name of the target is to be typed. A value that',
      'differs there is replaced only with --overwrite, and then as a new version. Each write checks that nobody changed',
      'the secret meanwhile, and is read back. Running it again changes nothing.',
    ],
    options: [...twoPlacesOptions, allOption, overwriteOption, ...transferOptions],
    examples: [
      {
        command: 'keyward copy exchange --env staging --to production --dry-run',
        explanation: 'what would become of each secret',
      },
      { command: 'keyward copy --all --env development --to staging', explanation: 'everything that staging lacks' },
      { command: 'keyward copy exchange --from keyward --to vault', explanation: 'from one store into another' },
    ],
    exitStatuses: { 1: 'the answer to the question was no' },
  },
  run: copy,
};

export default command;

async function copy(invocation: Invocation): Promise<number> {
  const paths = pathsOrAll(invocation);
  const places = twoPlaces(invocation);
  const { from, secrets } = await places.from(async ({ name, provider }) => ({
    from: name,
    secrets: await secretsBelow(provider, paths),
  }));
  return places.to(async (to) => {
    const steps = await planTransfer(
      secrets.map((secret) => wholeSecret(secret, secret.path)),
      to.provider,
    );
    const overwrite = flagOption(invocation, 'overwrite');
    const { status } = await carryOut(invocation, { verb: 'Copy', from, to, steps, overwrite });
    return status;
  });
}
