import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { count } from './full-run.js';
import { type Ended, Home } from './home.js';
import { assertProgram } from './needed-program.js';
import { type OrdinalCall, readOrdinals } from './ordinal-calls.js';

/** One thread for blocking work, because strace counts the calls of each thread apart. */
const oneWorker = ['env', 'UV_THREADPOOL_SIZE=1'];
const steps = 'openat,write,fsync,rename,link,unlink';

const value = 'value-of-the-test';

let home: Home;
/** What the home is put back to: a project belongs to the place where it was initialised. */
let pristine: Home;
/** The second slot, a key file elsewhere, and the first one. */
let second: string;
let first: string;

beforeAll(() => {
  assertProgram('strace', 'strace');
  home = Home.withStore();
  home.keywardSucceeds(['set', 'app/first', '--exact'], value);
  home.keywardSucceeds(['slot', 'add', 'keyfile', '--key-file', secondKey()]);
  [first = '', second = ''] = slotIds();
  pristine = home.copyTo(`${home.root}-pristine`);
});
afterAll(() => {
  home.remove();
  pristine.remove();
});

const secondKey = () => join(home.project, 'second.key');
const slotIds = (): readonly string[] =>
  JSON.parse(home.keywardSucceeds(['slot', 'list', '--json'])).map(({ id }: { id: string }) => id);
const get = (keyFile: string): Ended => home.keyward(['get', 'app/first'], '', ['env', `KEYWARD_KEY_FILE=${keyFile}`]);

function putBack(): void {
  home.remove();
  pristine.copyTo(home.root);
}

function recordedSteps(command: readonly string[]): readonly OrdinalCall[] {
  putBack();
  const record = join(home.root, 'record');
  const ended = home.keyward(command, '', [...oneWorker, 'strace', '-f', '-y', '-o', record, '-e', steps]);
  expect(ended).toMatchObject({ status: 0 });
  return readOrdinals(record);
}

/** What the command does to files of the header, the latch and the keys, in order. */
function stepsOf(command: readonly string[]): readonly OrdinalCall[] {
  const isOfSlots = ({ name, text }: OrdinalCall) =>
    (text.includes(home.keyFolder) || (text.includes(home.storeFolder) && !text.includes('.mdb'))) &&
    (name !== 'openat' || text.includes('O_CREAT'));
  const found = recordedSteps(command).filter(isOfSlots);
  return count({ daily: 0, full: 1 }) === 1 ? found : found.filter(({ name }) => !/openat|write/.test(name));
}

/** Runs the command and kills it with SIGKILL as it takes the step. */
function killAt({ name, ordinal }: OrdinalCall, command: readonly string[]): void {
  putBack();
  const inject = `inject=${name}:signal=KILL:when=${ordinal}`;
  home.keyward(command, '', [...oneWorker, 'strace', '-f', '-o', '/dev/null', '-e', steps, '-e', inject]);
}

describe('a change of the slots that is killed with SIGKILL at any of its steps', () => {
  test.each([
    ['change the key file', () => ['slot', 'change', first], { staying: () => [second], added: 1 }],
    ['remove a slot', () => ['slot', 'remove', second], { staying: () => [first], added: 0 }],
    [
      'add a slot',
      () => ['slot', 'add', 'recovery', '--recovery-out', 'paper'],
      { staying: () => [first, second], added: 1 },
    ],
  ])('leaves the slots of before or those of after, whole, and nothing else: %s', (_, command, { staying, added }) => {
    const killedAt = stepsOf(command());
    expect(killedAt.length).toBeGreaterThan(2);
    const outcomes = new Set<string>();
    for (const step of killedAt) {
      killAt(step, command());
      const ids = slotIds();
      const isAfter = ids.length !== 2 || !ids.includes(first) || !ids.includes(second);
      outcomes.add(isAfter ? 'after' : 'before');
      const where = `${step.name} ${step.ordinal} ${step.text}`;
      expect(isAfter ? ids.slice(0, ids.length - added) : ids, where).toEqual(isAfter ? staying() : [first, second]);
      const kept = readdirSync(home.storeFolder).filter((file) => /header|latch/.test(file));
      expect(kept, where).toEqual(['header.kw', expect.stringMatching(/^latch-[0-9a-f]{32}\.kw$/)]);
      expect(get(secondKey()), where).toMatchObject(
        ids.includes(second) ? { status: 0, stdout: value } : { status: 7, stdout: '' },
      );
      expect(home.keyward(['audit', 'verify']), where).toMatchObject({ status: 0 });
    }
    expect(outcomes).toEqual(new Set(['before', 'after']));
  });

  test('leaves the former key file of no use as soon as the header is replaced, and not before', () => {
    const [keyFile = ''] = readdirSync(home.keyFolder).map((file) => join(home.keyFolder, file));
    const command = ['slot', 'change', first];
    for (const step of stepsOf(command)) {
      killAt(step, command);
      const old = join(home.root, 'old.key');
      copyFileSync(join(pristine.keyFolder, keyFile.slice(home.keyFolder.length)), old);
      const header = (of: Home) => readFileSync(join(of.storeFolder, 'header.kw'));
      expect(get(old).status, step.text).toBe(header(home).equals(header(pristine)) ? 0 : 7);
    }
  });
});

describe('a replacement of every key that is killed with SIGKILL at any of its steps', () => {
  test('leaves a store that opens, and that the next try or the next opening completes', { timeout: 1_200_000 }, () => {
    const command = ['slot', 'remove', second, '--compromised'];
    const killedAt = replacementSteps(command);
    expect(killedAt.length).toBeGreaterThan(10);
    const outcomes = new Set<string>();
    for (const step of killedAt) {
      killAt(step, command);
      const where = `${step.name} ${step.ordinal} ${step.text}`;
      expect(get(keyOfFirst()), where).toMatchObject({ status: 0, stdout: value });
      if (slotIds().includes(second)) {
        outcomes.add('not begun');
        continue;
      }
      const waits = get(keyOfFirst()).stderr.includes('were not replaced yet');
      outcomes.add(waits ? 'waiting' : 'complete');
      if (waits) home.keywardSucceeds(['store', 'shred', '--yes']);
      expect(get(keyOfFirst()), where).toEqual({ status: 0, stdout: value, stderr: '' });
      for (const checked of ['store', 'audit'])
        expect(home.keyward([checked, 'verify']), where).toMatchObject({ status: 0 });
      const kept = readdirSync(home.storeFolder).filter((name) => !/^(?:header\.kw|latch-.*|presence)$/.test(name));
      expect(kept, where).toEqual(['rows-2']);
      putBackKeysOf(pristine);
      expect(get(secondKey()).status, where).not.toBe(0);
    }
    expect(outcomes).toEqual(new Set(['not begun', 'waiting', 'complete']));
  });

  const keyOfFirst = () => readdirSync(home.keyFolder).map((name) => join(home.keyFolder, name))[0] ?? '';

  /** What changes names in the store and in the state of it; with the full counts, what makes something durable too. */
  function replacementSteps(command: readonly string[]): readonly OrdinalCall[] {
    const names = count({ daily: 0, full: 1 }) === 1 ? /^(?:rename|fsync|unlink|link)$/ : /^(?:rename|unlink)$/;
    return recordedSteps(command).filter(({ name, text }) => names.test(name) && text.includes(home.root));
  }

  function putBackKeysOf(of: Home): void {
    const isOfKeys = (name: string) => /^(?:header|latch-.*)\.kw$/.test(name);
    for (const name of readdirSync(home.storeFolder).filter(isOfKeys)) rmSync(join(home.storeFolder, name));
    for (const name of readdirSync(of.storeFolder).filter(isOfKeys)) {
      copyFileSync(join(of.storeFolder, name), join(home.storeFolder, name));
    }
  }
});
