import { systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { attestationsFile, writeAttestation } from '../../lifecycle/inventory/attestations.js';
import { checklistLines } from '../../lifecycle/inventory/checklist-lines.js';
import { type Command, type Invocation, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'attest',
    summary: 'Answer for a line of the checklist that no program can decide',
    usage: '<line>',
    description: [
      `Notes who answers for it today in ${attestationsFile} beside keyward.yaml, to be committed. It holds for a week, a`,
      'quarter or a year, as the line says; then `keyward check --checklist` asks again.',
    ],
    options: [
      { flags: '--by <who>', description: 'who answers for it: a person or a team' },
      { flags: '--note <text>', description: 'how they made sure, or where that is written; never a secret' },
    ],
    examples: [{ command: 'keyward attest mfa --by platform', explanation: 'everybody has a second factor' }],
  },
  run: (invocation) => withWorkspace(invocation, ({ config }) => attest(invocation, config.folder)),
};

export default command;

async function attest(invocation: Invocation, folder: string): Promise<number> {
  const { output, args } = invocation;
  const lines = checklistLines.flatMap((line) => ('days' in line ? [line] : []));
  const line = lines.find(({ id }) => id === args[0]);
  const by = textOption(invocation, 'by') ?? '';
  if (line === undefined) {
    throw new KeywardError('invalid', 'no line of this name is attested', {
      advice: `Name one of ${lines.map(({ id }) => id).join(', ')}.`,
    });
  }
  if (by === '') throw new KeywardError('invalid', 'nobody answers for it', { advice: 'Say who: --by platform' });
  const date = new Date(systemClock.now()).toISOString().slice(0, 10);
  await writeAttestation(folder, line.id, { by, date, note: textOption(invocation, 'note') }, systemClock);
  if (output.json) output.document({ line: line.id, by, date, days: line.days });
  output.note(`${by} answers for it for ${line.days} days: ${line.title}; commit ${attestationsFile}`);
  return 0;
}
