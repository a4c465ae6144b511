import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type Child, ChildPrograms } from './child.js';
import { Home } from './home.js';
import { assertProgram } from './needed-program.js';
import { openFilesOf } from './processes.js';

/** The longest deadline of the product, that of a turn at the store, and room for a busy machine. */
const refusedWithinMs = 5000 + 1500;

interface Inspection {
  readonly intents: readonly { readonly outcomes: readonly string[] }[];
}

let programs: ChildPrograms;
let home: Home;
let peer: Child;
let other: Child;
beforeAll(async () => {
  assertProgram('strace', 'strace');
  programs = await ChildPrograms.build();
});
afterAll(() => programs.remove());
beforeEach(async () => {
  home = Home.withStore();
  other = programs.start('obey', home);
  await other.ask('open');
  await other.ask('write', 'app/kept', 'kept');
});
afterEach(async () => {
  for (const child of [peer, other]) {
    child.kill();
    await child.ended;
  }
  home.remove();
});

/**
 * Starts a process that stops by itself at its first call of this kind on the file, in the middle of a write. Answers
 * its id.
 */
async function freezeAt(call: string, file: string): Promise<number> {
  const record = join(home.root, 'stops');
  const injected = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGSTOP:when=1`];
  peer = programs.start('obey', home, [], ['strace', '-f', '-o', record, '-P', file, ...injected]);
  const { value: pid } = await peer.ask('open');
  peer.tell({ id: 'frozen', command: 'write', args: ['app/peer', 'peer'] });
  while (!existsSync(record) || !readFileSync(record, 'utf8').includes('stopped by SIGSTOP')) await sleep(10);
  return Number(pid);
}

const freezeInTurnOfLog = () => freezeAt('pwrite64', home.firstVolume);
const freezeInCommit = () => freezeAt('fdatasync', home.dataFile);

/** The database behind the turns at the log. */
function turnsFile(): string {
  const folder = join(home.stateFolder, 'sequencer');
  return join(folder, readdirSync(folder)[0] ?? '', 'data.mdb');
}

function expectRefusal({ code, message, tookMs }: Answer, reason: RegExp): void {
  expect(code, message).toBe('unavailable');
  expect(message).toMatch(reason);
  expect(tookMs).toBeLessThan(refusedWithinMs);
}

async function expectEverythingWorks(): Promise<void> {
  expect((await other.ask('write', 'app/after', 'after')).value).toBe(1);
  expect((await other.ask('read', 'app/kept')).value).toBe('kept');
  expect((await other.ask('verifyStore')).code).toBeUndefined();
  expect((await other.ask('verifyLog')).value).not.toBe('broken');
}

describe('a process that is frozen while it writes to the log', () => {
  const reason = /did not take an entry within two seconds|another process holds it/;

  test('makes others refuse reads and writes in time, and they go on when it does', async () => {
    const pid = await freezeInTurnOfLog();
    const asked = [other.ask('read', 'app/kept'), other.ask('write', 'app/other', 'other'), other.ask('list')];
    for (const answer of await Promise.all(asked)) expectRefusal(answer, reason);
    process.kill(pid, 'SIGCONT');
    await expectEverythingWorks();
    expect((await other.ask('read', 'app/other')).value).toBeUndefined();
  });

  test('makes others go on when it is killed, and its intent is closed once', async () => {
    const pid = await freezeInTurnOfLog();
    expectRefusal(await other.ask('read', 'app/kept'), reason);
    process.kill(pid, 'SIGKILL');
    await expectEverythingWorks();
    await other.ask('close');
    const { intents } = await programs.start('inspect', home).result<Inspection>();
    expect(intents.filter(({ outcomes }) => outcomes.length !== 1)).toEqual([]);
  });
});

describe('a process that is frozen while it commits to the store', () => {
  const reason = /another process holds the write lock and does not move/;

  test('lets others read, makes them refuse writes in time, and they go on when it does', async () => {
    const pid = await freezeInCommit();
    expect((await other.ask('read', 'app/kept')).value).toBe('kept');
    expectRefusal(await other.ask('write', 'app/other', 'other'), reason);
    process.kill(pid, 'SIGCONT');
    await expectEverythingWorks();
    await peer.until((reports) => reports.some(({ id }) => id === 'frozen'));
    expect((await other.ask('read', 'app/peer')).value).toBe('peer');
    expect((await other.ask('read', 'app/other')).value).toBeUndefined();
  });

  test('makes others go on when it is killed, and its intent is closed once', async () => {
    const pid = await freezeInCommit();
    const writing = other.ask('write', 'app/other', 'other');
    process.kill(pid, 'SIGKILL');
    expect((await writing).value).toBe(1);
    await expectEverythingWorks();
    await other.ask('close');
    const { intents } = await programs.start('inspect', home).result<Inspection>();
    expect(intents.filter(({ outcomes }) => outcomes.length !== 1)).toEqual([]);
  });
});

describe('a process that opens the store while another is frozen in it', () => {
  test.each([
    ['writes to the log', freezeInTurnOfLog, turnsFile],
    ['commits', freezeInCommit, () => home.dataFile],
  ])('and %s, opens it as soon as that one goes on', async (_, freeze, held) => {
    const pid = await freeze();
    const opening = await openUpTo(held());
    process.kill(pid, 'SIGCONT');
    await opening.until((reports) => reports.some(({ id, code }) => id === 'opened' && code === undefined));
    expect((await opening.ask('read', 'app/kept')).value).toBe('kept');
    opening.kill();
    await opening.ended;
  });

  test('can be ended while it waits', async () => {
    await freezeInCommit();
    const opening = await openUpTo(home.dataFile);
    opening.kill('SIGTERM');
    expect(await opening.ended).toBe('SIGTERM');
  });
});

/** Starts a process that opens the store, and has come as far as opening the file. */
async function openUpTo(file: string): Promise<Child> {
  const opening = programs.start('obey', home);
  opening.tell({ id: 'opened', command: 'open', args: [] });
  while (!openFilesOf(opening.pid).includes(file)) await sleep(10);
  return opening;
}
