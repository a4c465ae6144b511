import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type Child, ChildPrograms } from './child.js';
import { Home } from './home.js';

const refusedWithinMs = 2000 + 1500;

/** The home, without what can be made again, gets a disk of its own, which the process alone sees. */
const ownDisk = ['unshare', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), '--mount'];
const mountHome =
  'cp -a "$0" "$0.kept" && rm -rf "$0.kept/.cache" && mount -t tmpfs -o size=2m,mode=0700 tmpfs "$0" && cp -a "$0.kept/." "$0" && exec "$@"';

let programs: ChildPrograms;
let home: Home;
let child: Child;
let filler: string;
beforeAll(async () => {
  const { status, stderr } = spawnSync('unshare', [...ownDisk.slice(1), 'true'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`these tests mount a small disk, which this machine does not allow: ${stderr}`);
  programs = await ChildPrograms.build();
});
afterAll(() => programs.remove());
beforeEach(async () => {
  home = Home.withStore();
  filler = join(home.root, 'filler');
  child = programs.start('obey', home, [], [...ownDisk, 'sh', '-c', mountHome, home.root]);
});
afterEach(async () => {
  child.kill();
  await child.ended;
  home.remove();
});

const large = 'x'.repeat(20_000);

describe('a disk that is full', () => {
  test('refuses reads and writes within two seconds, says why, and goes on when there is room again', async () => {
    await child.ask('open');
    await child.ask('write', 'app/kept', 'kept');
    await child.ask('fillDisk', filler);
    const answers: Answer[] = [];
    while (answers.filter(({ code }) => code !== undefined).length < 6) {
      answers.push(await child.ask('write', 'app/new', large), await child.ask('read', 'app/kept'));
    }
    for (const { code, message, tookMs } of answers.filter((answer) => answer.code !== undefined)) {
      expect(code, message).toBe('unavailable');
      expect(message).toMatch(/disk is full|no space/i);
      expect(tookMs).toBeLessThan(refusedWithinMs);
    }
    await child.ask('freeDisk', filler);
    expect((await child.ask('read', 'app/kept')).value).toBe('kept');
    expect((await child.ask('write', 'app/new', large)).value).toBe(1);
    expect((await child.ask('read', 'app/new')).value).toBe(large);
    expect((await child.ask('verifyLog')).value).not.toBe('broken');
    expect((await child.ask('verifyStore')).code).toBeUndefined();
    expect((await child.ask('close')).code).toBeUndefined();
  });

  test('is told in the log, in the room that was set aside', async () => {
    await child.ask('open');
    await child.ask('write', 'app/kept', 'kept');
    await child.ask('fillDisk', filler);
    while ((await child.ask('list')).code === undefined);
    await child.ask('freeDisk', filler);
    expect((await child.ask('events')).value).toContain('audit.full');
  });

  test('lets no other process hang that opens the store', async () => {
    await child.ask('fillDisk', filler);
    const { code, tookMs } = await child.ask('open');
    expect([undefined, 'unavailable']).toContain(code);
    expect(tookMs).toBeLessThan(refusedWithinMs);
  });
});

test('a result that a disk takes a part of is no success', () => {
  const result = Home.withStore();
  try {
    result.keywardSucceeds(['set', 'app/large'], large);
    const small = 'mount -t tmpfs -o size=16k tmpfs "$0" && exec "$@" > "$0/out"';
    const disk = join(result.root, 'small');
    mkdirSync(disk);
    const behind = [...ownDisk, 'sh', '-c', small, disk];
    expect(result.keyward(['get', 'app/large'], '', behind)).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('the disk is full'),
    });
    expect(result.keyward(['version'], '', behind).status).toBe(0);
  } finally {
    result.remove();
  }
});
