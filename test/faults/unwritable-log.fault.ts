import { cpSync, renameSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type Child, ChildPrograms } from './child.js';
import { Home } from './home.js';
import { assertProgram } from './needed-program.js';

/** The product's own deadline, and room for a machine that has other things to do. */
const refusedWithinMs = 2000 + 1500;

let programs: ChildPrograms;
let home: Home;
let child: Child;
beforeAll(async () => {
  assertProgram('strace', 'strace');
  programs = await ChildPrograms.build();
});
afterAll(() => programs.remove());
beforeEach(async () => {
  home = Home.withStore();
  child = programs.start('obey', home);
  await child.ask('open');
  await child.ask('write', 'app/kept', 'kept');
  await child.ask('close');
});
afterEach(async () => {
  child.kill();
  await child.ended;
  home.remove();
});

/** Starts a process whose calls on one file fail as told, and opens the store in it. */
async function openWith(failure: string, file = home.firstVolume): Promise<Answer> {
  child.kill();
  await child.ended;
  const behind = ['strace', '-f', '-qq', '-o', '/dev/null', '-P', file, '-e', 'trace=%desc', '-e', `inject=${failure}`];
  child = programs.start('obey', home, [], behind);
  return child.ask('open');
}

/** What the store holds when a process opens it that nothing fails in. */
async function inspected(): Promise<{
  readonly secrets: object;
  readonly intents: readonly { outcomes: readonly string[] }[];
}> {
  child.kill();
  await child.ended;
  return programs.start('inspect', home).result();
}

function expectRefusal({ code, message, tookMs }: Answer, reason: RegExp): void {
  expect(code, message).toBe('unavailable');
  expect(message).toMatch(reason);
  expect(tookMs).toBeLessThan(refusedWithinMs);
}

/** Asks until the check of the file, which is made every second, has seen what happened to it. */
async function untilRefused(reason: RegExp): Promise<void> {
  const started = performance.now();
  let answer = await child.ask('read', 'app/kept');
  while (answer.code === undefined && performance.now() - started < refusedWithinMs) {
    answer = await child.ask('read', 'app/kept');
  }
  expectRefusal(answer, reason);
}

async function expectSealed(reason: RegExp): Promise<void> {
  expectRefusal(await child.ask('read', 'app/kept'), reason);
  expectRefusal(await child.ask('write', 'app/new', 'new'), reason);
  expectRefusal(await child.ask('list'), reason);
  expect((await child.ask('findings')).value).toContainEqual(expect.stringMatching(reason));
}

describe('a log file', () => {
  test('that was removed refuses reads and writes within two seconds, says so, and seals the process', async () => {
    await child.ask('open');
    rmSync(home.firstVolume);
    await untilRefused(/000001\.log was removed/);
    await expectSealed(/000001\.log was removed/);
  });

  test('that was replaced by a copy refuses reads and writes within two seconds and seals the process', async () => {
    await child.ask('open');
    await child.ask('read', 'app/kept');
    cpSync(home.firstVolume, `${home.firstVolume}.copy`);
    renameSync(`${home.firstVolume}.copy`, home.firstVolume);
    await untilRefused(/000001\.log was replaced/);
    await expectSealed(/000001\.log was replaced/);
  });

  test('on a file system that became read-only refuses to open the store, and says so', async () => {
    const { code, message } = await openWith('openat:error=EROFS');
    expect([code, message]).toEqual(['config', expect.stringContaining('the file system is read-only')]);
  });
});

describe('a disk that takes no more lines', () => {
  test.each([
    ['is full', 'ENOSPC', /000001\.log: the disk is full/],
    ['is over its quota', 'EDQUOT', /000001\.log: the disk quota is used up/],
    ['fails', 'EIO', /000001\.log: EIO/],
    ['became read-only', 'EROFS', /000001\.log: the file system is read-only/],
  ])('because it %s refuses reads and writes at once and says why', async (_, errno, reason) => {
    await openWith(`pwrite64:error=${errno}`);
    expectRefusal(await child.ask('read', 'app/kept'), reason);
    expectRefusal(await child.ask('write', 'app/new', 'new'), reason);
    expectRefusal(await child.ask('list'), reason);
    expect((await child.ask('close')).tookMs).toBeLessThan(refusedWithinMs);
    expect((await inspected()).secrets).toEqual({ 'app/kept': 1 });
  });

  test('goes on by itself when it takes lines again', async () => {
    await openWith('pwrite64:error=EIO:when=1');
    expectRefusal(await child.ask('write', 'app/new', 'new'), /EIO/);
    expect((await child.ask('write', 'app/new', 'new')).value).toBe(1);
    expect((await child.ask('read', 'app/kept')).value).toBe('kept');
  });
});

describe('a sync of the log', () => {
  test('that failed once is never followed by an answer, although the next one would succeed', async () => {
    await openWith('fdatasync:error=EIO:when=1');
    expectRefusal(await child.ask('write', 'app/new', 'new'), /a sync failed/);
    await expectSealed(/a sync failed/);
    const { secrets, intents } = await inspected();
    expect(secrets).toEqual({ 'app/kept': 1 });
    expect(intents.map(({ outcomes }) => outcomes)).toEqual([['committed'], ['not_committed']]);
  });

  test('that takes long refuses the write after two seconds, which then never happens', async () => {
    await openWith('fdatasync:delay_enter=6000000:when=1');
    expectRefusal(await child.ask('write', 'app/new', 'new'), /within two seconds/);
    const { secrets, intents } = await inspected();
    expect(secrets).toEqual({ 'app/kept': 1 });
    expect(intents.map(({ outcomes }) => outcomes)).toEqual([['committed'], ['not_committed']]);
  });
});

describe('a sync of the store', () => {
  test('that failed is never answered as a write, and the log tells what became of it', async () => {
    await openWith('fdatasync:error=EIO:when=1', home.dataFile);
    const { code, message } = await child.ask('write', 'app/new', 'new');
    expect(code, message).toBe('unavailable');
    const { secrets, intents } = await inspected();
    const isThere = 'app/new' in secrets;
    expect(intents.map(({ outcomes }) => outcomes)).toEqual([['committed'], [isThere ? 'committed' : 'not_committed']]);
  });
});
