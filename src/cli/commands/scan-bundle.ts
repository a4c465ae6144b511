import { resolve } from 'node:path';
import { systemClock } from '../../core/clock.js';
import { parseDuration } from '../../core/duration.js';
import { KeywardError } from '../../core/errors.js';
import { writeOwnedFile } from '../../host/owned-file.js';
import { formatBundle } from '../../scan/bundle-file.js';
import { createBundle } from '../../scan/fingerprints.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { managedValues } from '../managed-values.js';
import { withWorkspace } from '../session.js';

const defaultLifetime = '30d';
const longestLifetime = '366d';

const command: Command = {
  spec: {
    name: 'scan bundle',
    summary: 'Fingerprints of stored values, for keyward scan where there are none',
    usage: '',
    description: [
      'Writes keyed fingerprints of every value of the store that is written to, under a new key, so that a pipeline finds',
      'them. Whoever has the file can try guesses: values that take less than about 80 bits to guess are left out, and the',
      'file ends. Keep it as you keep the configuration of the pipeline.',
    ],
    options: [
      { flags: '--out <file>', description: 'the file to write, with rights for this user alone' },
      {
        flags: '--expires <duration>',
        description: `when it ends (default ${defaultLifetime}, at most ${longestLifetime})`,
      },
      { flags: '--names', description: 'with the names of the secrets, so that findings can tell them' },
    ],
    examples: [
      { command: 'keyward scan bundle --out fingerprints.json --env production', explanation: 'once a month, for CI' },
    ],
  },
  run: makeBundle,
};

export default command;

async function makeBundle(invocation: Invocation): Promise<number> {
  const { output, io } = invocation;
  const file = textOption(invocation, 'out');
  if (file === undefined) {
    throw new KeywardError('invalid', 'there is no file to write to', { advice: 'Name one: --out FILE' });
  }
  const lifetimeMs = parseDuration(textOption(invocation, 'expires') ?? defaultLifetime);
  if (lifetimeMs > parseDuration(longestLifetime) || lifetimeMs === 0) {
    throw new KeywardError('invalid', `a bundle lasts at most ${longestLifetime}`, { advice: 'Use --expires 30d.' });
  }
  const values = await withWorkspace(invocation, managedValues);
  const nowMs = systemClock.now();
  const expiresMs = nowMs + lifetimeMs;
  const { bundle, skipped } = createBundle(values, { nowMs, expiresMs, withNames: flagOption(invocation, 'names') });
  await writeOwnedFile(resolve(io.cwd, file), Buffer.from(formatBundle(bundle)));
  const expires = new Date(expiresMs).toISOString();
  if (output.json) output.document({ fingerprints: bundle.fingerprints.size, skipped, expires });
  else {
    output.note(`${bundle.fingerprints.size} fingerprints in ${file}, until ${expires.slice(0, 10)}`);
    if (skipped.length > 0) output.note(`left out, too easy to guess: ${skipped.join(', ')}`);
  }
  return 0;
}
