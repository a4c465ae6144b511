import { KeywardError } from '../../core/errors.js';
import { inspectSealed, repairSealed, type SealedDamage } from '../../lifecycle/sealed/repair.js';
import { type Command, flagOption, type Invocation } from '../command.js';
import { confirm } from '../prompt.js';
import { identityOptions, sealedPlace } from '../sealed-options.js';

const command: Command = {
  spec: {
    name: 'seal repair',
    summary: 'After a merge: show what git could not merge, and sign the file as it stands',
    usage: '[sealed-file]',
    description: [
      'First resolve the conflicts in the file: of a value keep one side, of two added names both, of a line below',
      '`names:` either. Look at what is shown: a name that is missing there is gone. A value that somebody put there who',
      'cannot open the file is never signed.',
    ],
    options: [...identityOptions, { flags: '-y, --yes', description: 'sign without being asked' }],
    examples: [{ command: 'keyward seal repair', explanation: 'keyward.sealed.yaml, after a merge' }],
    exitStatuses: { 1: 'the question was answered with no' },
  },
  run: repair,
};

export default command;

async function repair(invocation: Invocation): Promise<number> {
  const { args, io, output } = invocation;
  const place = await sealedPlace(invocation, args[0]);
  const damage = await inspectSealed(place);
  const isWhole = !damage.recipients && damage.names.length === 0 && damage.stale.length === 0;
  if (output.json) output.document({ ...damage, allRecipients: Object.fromEntries(damage.allRecipients), isWhole });
  else show(invocation, damage, isWhole);
  if (isWhole) return 0;
  const agreed = flagOption(invocation, 'yes') || (await confirm(io, 'Sign the file as it stands?'));
  if (agreed === undefined) {
    throw new KeywardError('invalid', 'there is no terminal to ask at; nothing was changed', {
      advice: 'Compare what is shown with git log -p, then add --yes.',
    });
  }
  if (!agreed) {
    output.note('nothing was changed');
    return 1;
  }
  if (!(await repairSealed(place, damage))) {
    throw new KeywardError('conflict', `${place.file} was changed meanwhile; nothing was signed`, {
      advice: 'Run it again.',
    });
  }
  output.note(`signed ${place.file}`);
  return 0;
}

function show({ output }: Invocation, damage: SealedDamage, isWhole: boolean): void {
  if (isWhole) output.line('everything holds together');
  if (damage.recipients) {
    output.line('the recipients are not those that were signed. They would be:');
    for (const [recipient, label] of damage.allRecipients) output.line(`  ${recipient}  ${label}`.trimEnd());
  }
  if (damage.names.length > 0) {
    output.line('names were added or taken away. Of the groups that this touches, these names are there:');
    for (const name of damage.names.flat().sort()) output.line(`  ${name}`);
  }
  if (damage.stale.length > 0) {
    output.line('not sealed to all recipients yet:');
    for (const name of damage.stale) output.line(`  ${name}`);
  }
}
