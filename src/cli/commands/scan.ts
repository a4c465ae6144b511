import { KeywardError } from '../../core/errors.js';
import { findingOf } from '../../scan/leak.js';
import { type ListedFile, listFiles } from '../../scan/list-files.js';
import { scanFiles } from '../../scan/scan-files.js';
import { type Command, flagOption, type Invocation } from '../command.js';

const command: Command = {
  spec: {
    name: 'scan',
    summary: 'Secrets in files where none belong: tokens, private keys, passwords in URLs, random values',
    usage: '[paths...]',
    description: [
      'Looks through the files of a project, or those named, for what issuers of tokens hand out (by their published forms and',
      'checksums), private keys, passwords in URLs, and random values under telling names. Files that git ignores are left out.',
      'A finding names the kind, the place and a keyed fingerprint, never the value. Nothing is sent anywhere.',
    ],
    options: [{ flags: '--all', description: 'also the files that git ignores' }],
    examples: [
      { command: 'keyward scan', explanation: 'the project, before it is published' },
      { command: 'keyward scan src config.yaml --json', explanation: 'for a pipeline' },
    ],
    exitStatuses: { 1: 'a secret was found' },
  },
  run: scan,
};

export default command;

async function scan(invocation: Invocation): Promise<number> {
  const { output } = invocation;
  const { leaks, files, bytes, incomplete } = await scanFiles(wantedFiles(invocation));
  if (output.json) {
    output.document({ status: leaks.length === 0 ? 'clean' : 'leaks', files, bytes, incomplete, findings: leaks });
  } else {
    for (const leak of leaks) output.finding(findingOf(leak));
    for (const name of incomplete) output.note(`not read, or not to its end: ${name}`);
    output.note(`${leaks.length} findings in ${files} files`);
  }
  return leaks.length === 0 ? 0 : 1;
}

async function* wantedFiles(invocation: Invocation): AsyncGenerator<ListedFile> {
  const { args, io } = invocation;
  const options = { cwd: io.cwd, all: flagOption(invocation, 'all') };
  for (const path of args.length === 0 ? ['.'] : args) {
    if (path === '') throw new KeywardError('invalid', 'a path is empty', { advice: 'Name files or folders.' });
    yield* listFiles(path, options);
  }
}
