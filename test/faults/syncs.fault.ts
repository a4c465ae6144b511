import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChildPrograms } from './child.js';
import { count, keepEvidence } from './full-run.js';
import { Home } from './home.js';
import { assertProgram } from './needed-program.js';
import { isSync, isWrite, readSystemCalls, type SystemCall, unsyncedWrites } from './system-calls.js';

let programs: ChildPrograms;
let home: Home;
let record: string;
beforeAll(async () => {
  assertProgram('strace', 'strace');
  programs = await ChildPrograms.build();
});
afterAll(() => programs.remove());
beforeEach(() => {
  home = Home.empty();
  record = join(home.root, 'system-calls');
});
afterEach(() => home.remove());

async function callsOf(program: string, args: readonly string[]): Promise<readonly SystemCall[]> {
  const traced = 'trace=openat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync';
  const child = programs.start(program, home, args, ['strace', '-f', '-y', '-o', record, '-e', traced]);
  expect(await child.ended, child.stderr).toBe(0);
  return readSystemCalls(record);
}

const acknowledgements = (calls: readonly SystemCall[]) =>
  calls.flatMap((call, index) => (isWrite(call) && call.text.includes('acknowledged') ? [index] : []));

describe('a write that resolved', () => {
  test('was synced twice: its intent before the store is touched, then its rows, which its outcome in the log follows', async () => {
    home.keywardSucceeds(['init']);
    const writes = count({ daily: 10, full: 1000 });
    const calls = await callsOf('write', ['0', '1', String(writes)]);
    const isOfLog = ({ file }: SystemCall) => file === home.firstVolume;
    const isOfStore = ({ file }: SystemCall) => file === home.dataFile;
    const ends = acknowledgements(calls);
    expect(ends).toHaveLength(writes);
    for (const [index, end] of ends.entries()) {
      const own = calls.slice((ends[index - 1] ?? -1) + 1, end);
      const touched = own.findIndex(isOfStore);
      expect(own.slice(0, touched).filter(isOfLog).some(isWrite), 'an intent before the store is touched').toBe(true);
      const beforeStore = calls.slice(0, end - own.length + touched);
      expect(unsyncedWrites(beforeStore, home.firstVolume), 'lines not durable when the store is touched').toEqual([]);
      expect(own.filter(isOfStore).some(isSync), 'the store is synced').toBe(true);
      expect(unsyncedWrites(calls.slice(0, end), home.dataFile), 'rows not durable at the answer').toEqual([]);
      expect(own.slice(own.findLastIndex(isOfStore)).filter(isOfLog).some(isWrite), 'an outcome').toBe(true);
    }
    const syncs = calls.slice(0, ends.at(-1)).filter((call) => isSync(call) && (isOfLog(call) || isOfStore(call)));
    keepEvidence('syncs', expect.getState().currentTestName ?? '', { writes, syncs: syncs.length });
    expect(syncs.length).toBeGreaterThanOrEqual(2 * writes);
  });

  test('is told from one that was not synced, so that a missing sync would be seen', async () => {
    const calls = await callsOf('write-unsynced', [join(home.root, 'plain')]);
    const ends = acknowledgements(calls);
    expect(ends).toHaveLength(5);
    const file = join(home.root, 'plain/data.mdb');
    const dirty = ends.map((end) => unsyncedWrites(calls.slice(0, end), file).length);
    expect(dirty.filter((number) => number === 0)).toEqual([]);
  });
});

describe('a store that was made', () => {
  test('has every name on the way to its rows, its key and its log synced', async () => {
    const traced = 'trace=openat,mkdir,rename,link,fsync,fdatasync';
    const { status, stderr } = home.keyward(['init'], '', ['strace', '-f', '-y', '-o', record, '-e', traced]);
    expect(status, stderr).toBe(0);
    const calls = readSystemCalls(record);
    const folders = ['.config', '.local/share', '.local/state'].map((name) => join(home.root, name));
    const isKept = (path: string) =>
      folders.some((folder) => path === folder || path.startsWith(`${folder}/`)) &&
      !/\.tmp$|\/sequencer|\/lock\.mdb|\/presence\/|\/reserve$|-new-[^/]*$/.test(path);
    const made = madeNames(calls).filter(({ name }) => isKept(name));
    const isDurable = ({ name, at }: MadeName) =>
      calls.some((call) => isSync(call) && call.began > at && call.file === dirname(name));
    const lost = made.filter((one) => !isDurable(one)).map(({ name }) => name.slice(home.root.length + 1));
    expect(made.length).toBeGreaterThan(0);
    expect(lost, 'names that a loss of power may take away').toEqual([]);
  });
});

interface MadeName {
  readonly name: string;
  readonly at: number;
}

/** Names that calls brought into folders, each when it came. A folder that moves takes the names in it along. */
function madeNames(calls: readonly SystemCall[]): readonly MadeName[] {
  const known = new Set<string>();
  const made: MadeName[] = [];
  for (const call of calls.filter(({ result }) => result >= 0)) {
    const [first = '', second = ''] = call.strings;
    const isMaking = call.name === 'mkdir' || (call.name === 'openat' && call.text.includes('O_CREAT'));
    const isNaming = call.name === 'rename' || call.name === 'link';
    if (!isMaking && !isNaming) continue;
    const name = isNaming ? second : first;
    if (isNaming) for (const one of known) if (one.startsWith(`${first}/`)) known.add(second + one.slice(first.length));
    if (!known.has(name)) made.push({ name, at: call.ended });
    known.add(name);
  }
  return made;
}
