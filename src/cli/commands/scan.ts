import { resolve } from 'node:path';
import { systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { readTextFile } from '../../host/plain-file.js';
import { writeProjectFile } from '../../host/project-file.js';
import { type Baseline, emptyBaseline, formatBaseline, parseBaseline } from '../../scan/baseline.js';
import { parseBundle } from '../../scan/bundle-file.js';
import { createBundle, type FingerprintBundle, ManagedFinder } from '../../scan/fingerprints.js';
import { findingOf } from '../../scan/leak.js';
import { type ListedFile, listFiles } from '../../scan/list-files.js';
import { scanFiles } from '../../scan/scan-files.js';
import { type Command, flagOption, type Invocation, textOption } from '../command.js';
import { withWorkspace } from '../session.js';

const command: Command = {
  spec: {
    name: 'scan',
    summary: 'Secrets in files where none belong: own values, tokens, private keys',
    usage: '[paths...]',
    description: [
      'Looks through the files of a project, or those named, for what issuers of tokens hand out (by their published forms and',
      'checksums), private keys, passwords in URLs, and random values under telling names, also where they are encoded. With',
      '--managed, for every value of the store that is written to, in any encoding; with --bundle, for the same without the',
      'store. Files that git ignores are left out. A finding names the kind, the place and a keyed fingerprint, never the',
      'value. Nothing is sent anywhere.',
    ],
    options: [
      { flags: '--all', description: 'also the files that git ignores' },
      { flags: '--managed', description: 'also the values of the store, in any encoding, in binary files too' },
      { flags: '--baseline <file>', description: 'leave out the findings of this file' },
      { flags: '--write-baseline <file>', description: 'write what is found to this file, as known' },
      { flags: '--bundle <file>', description: 'the same by fingerprints made with keyward scan bundle' },
    ],
    examples: [
      { command: 'keyward scan', explanation: 'the project, before it is published' },
      {
        command: 'keyward scan --managed --all dist data',
        explanation: 'whether our own values got into what is handed out',
      },
      { command: 'keyward scan --bundle fingerprints.json --json', explanation: 'for a pipeline, which has no values' },
    ],
    exitStatuses: { 1: 'a secret was found' },
  },
  run: scan,
};

export default command;

const maxInputBytes = 64 * 1024 * 1024;
const dayMs = 86_400_000;

async function scan(invocation: Invocation): Promise<number> {
  const { output } = invocation;
  const bundle = await wantedBundle(invocation);
  const managed = bundle === undefined ? undefined : new ManagedFinder(bundle);
  const baseline = await wantedBaseline(invocation);
  const { leaks, known, files, bytes, incomplete } = await scanFiles(wantedFiles(invocation), { baseline, managed });
  const toWrite = textOption(invocation, 'writeBaseline');
  if (toWrite !== undefined) {
    await writeProjectFile(resolve(invocation.io.cwd, toWrite), formatBaseline(baseline.key, leaks));
    output.note(`${leaks.length} findings of ${files} files are known from now on, by ${toWrite}`);
    return 0;
  }
  if (output.json) {
    output.document({
      status: leaks.length === 0 ? 'clean' : 'leaks',
      files,
      bytes,
      known,
      incomplete,
      findings: leaks,
    });
  } else {
    for (const leak of leaks) output.finding(findingOf(leak));
    for (const name of incomplete) output.note(`not read, or not to its end: ${name}`);
    output.note(`${leaks.length} findings in ${files} files${known === 0 ? '' : `, ${known} more are known`}`);
  }
  return leaks.length === 0 ? 0 : 1;
}

async function wantedBaseline(invocation: Invocation): Promise<Baseline> {
  const file = textOption(invocation, 'baseline');
  return file === undefined
    ? emptyBaseline()
    : parseBaseline(await readInput(invocation, file, '--write-baseline'), file);
}

async function readInput({ io }: Invocation, file: string, made: string): Promise<string> {
  const text = await readTextFile(resolve(io.cwd, file), { maxBytes: maxInputBytes });
  if (text !== undefined) return text;
  throw new KeywardError('config', `there is no ${file}`, {
    store: file,
    advice: `Make it: keyward scan ${made} FILE`,
  });
}

async function wantedBundle(invocation: Invocation): Promise<FingerprintBundle | undefined> {
  const nowMs = systemClock.now();
  const file = textOption(invocation, 'bundle');
  if (file !== undefined && flagOption(invocation, 'managed')) {
    throw new KeywardError('invalid', '--managed and --bundle look for the same', { advice: 'Use one of them.' });
  }
  if (file !== undefined) return parseBundle(await readInput(invocation, file, 'bundle --out'), file, nowMs);
  if (!flagOption(invocation, 'managed')) return undefined;
  const { managedValues } = await import('../managed-values.js');
  const values = await withWorkspace(invocation, managedValues);
  const { bundle, skipped } = createBundle(values, { nowMs, expiresMs: nowMs + dayMs, withNames: true });
  if (skipped.length > 0) invocation.output.note(`too easy to guess to be looked for: ${skipped.join(', ')}`);
  return bundle;
}

async function* wantedFiles(invocation: Invocation): AsyncGenerator<ListedFile> {
  const { args, io } = invocation;
  const options = { cwd: io.cwd, all: flagOption(invocation, 'all') };
  for (const path of args.length === 0 ? ['.'] : args) {
    if (path === '') throw new KeywardError('invalid', 'a path is empty', { advice: 'Name files or folders.' });
    yield* listFiles(path, options);
  }
}
