import fs, { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import { type TemporaryFolder, temporaryFolder } from '../../testing/temporary-folder.js';
import { type Look, lookAtFiles, lookAtTree } from './sight.js';
import { watchFiles } from './watch-files.js';

let folder: TemporaryFolder;
let stops: (() => void)[];
beforeEach(() => {
  folder = temporaryFolder();
  stops = [];
});
afterEach(() => {
  for (const stop of stops) stop();
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  folder.remove();
});

interface Watch {
  readonly hints: number;
  readonly next: () => Promise<void>;
  readonly stop: () => void;
}

async function watching(look: Look, clock?: FakeClock): Promise<Watch> {
  let hints = 0;
  let seen = 0;
  let wake = () => {};
  const stop = watchFiles(
    look,
    () => {
      hints += 1;
      wake();
    },
    clock,
  );
  stops.push(stop);
  const next = async () => {
    while (hints === seen) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    seen = hints;
  };
  await next();
  return {
    get hints() {
      return hints;
    },
    next,
    stop,
  };
}

const tree = (name: string) => watching((isThorough) => lookAtTree(folder.path(name), isThorough));

function mountGeneration(volume: string, generation: number): void {
  const data = join(volume, '..data');
  folder.write(`${volume}/..${generation}/token`, `v${generation}`);
  symlinkSync(`..${generation}`, folder.path(`${data}_tmp`));
  const before = generation > 1 ? readlinkSync(folder.path(data)) : undefined;
  renameSync(folder.path(`${data}_tmp`), folder.path(data));
  if (before === undefined) symlinkSync('..data/token', folder.path(join(volume, 'token')));
  else rmSync(folder.path(join(volume, before)), { recursive: true });
}

describe('a watched tree', () => {
  test('tells of a file that is written in place, replaced, removed and made again', async () => {
    const file = folder.write('a/b/token', 'one');
    const { next } = await tree('a');
    writeFileSync(file, 'two');
    await next();
    renameSync(folder.write('new', 'three'), file);
    await next();
    rmSync(file);
    await next();
    folder.write('a/b/token', 'four');
    await next();
  });

  test('tells of every generation that Kubernetes mounts', async () => {
    mountGeneration('volume', 1);
    const { next } = await tree('volume');
    for (const generation of [2, 3, 4, 5]) {
      mountGeneration('volume', generation);
      await next();
    }
  });

  test('tells when the folder is removed and made again, and of changes in the new one', async () => {
    folder.write('a/token', 'one');
    const { next } = await tree('a');
    for (const round of [1, 2]) {
      rmSync(folder.path('a'), { recursive: true });
      await next();
      mkdirSync(folder.path('a'));
      await next();
      folder.write('a/token', `round ${round}`);
      await next();
    }
  });

  test('tells when a folder that was not there appears', async () => {
    const { next } = await tree('later');
    folder.write('later/deep/token', 'one');
    await next();
    folder.write('later/deep/token', 'two');
    await next();
  });

  test('tells when the root is a link that then leads to another folder, and of changes in that', async () => {
    folder.write('one/token', 'v1');
    folder.write('two/token', 'v2');
    symlinkSync('one', folder.path('root'));
    const { next } = await tree('root');
    symlinkSync('two', folder.path('root_new'));
    renameSync(folder.path('root_new'), folder.path('root'));
    await next();
    folder.write('two/token', 'v3');
    await next();
  });

  test('tells of a thousand changes at once in a few hints', async () => {
    folder.write('a/file0', '0');
    const watch = await tree('a');
    for (let index = 0; index < 1_000; index += 1) folder.write(`a/file${index}`, 'x');
    await watch.next();
    expect(watch.hints).toBeLessThan(100);
  });

  test('says nothing after it was stopped, not even what was on its way', async () => {
    const file = folder.write('a/token', 'one');
    const stopped = await tree('a');
    const other = await tree('a');
    writeFileSync(file, 'two');
    stopped.stop();
    await other.next();
    expect(stopped.hints).toBe(1);
  });
});

describe('watched files', () => {
  test('tell of each change, of one that appears and of where a link leads; not of their neighbours', async () => {
    folder.write('elsewhere/env', 'A=1');
    symlinkSync('elsewhere/env', folder.path('.env'));
    const paths = [folder.path('.env'), folder.path('.env.local')];
    const watch = await watching(() => lookAtFiles(paths));
    folder.write('app.log', 'noise');
    folder.write('.env.local', 'B=1');
    await watch.next();
    folder.write('elsewhere/env', 'A=2');
    await watch.next();
    folder.write('elsewhere/other', 'noise');
    rmSync(paths[1] ?? '');
    await watch.next();
  });
});

describe('where the system cannot watch', () => {
  test('files are looked at every five seconds', async () => {
    vi.spyOn(fs, 'watch').mockImplementation(() => {
      throw Object.assign(new Error('no watch is left'), { code: 'ENOSPC' });
    });
    syncBuiltinESMExports();
    const file = folder.write('a/token', 'one');
    const clock = new FakeClock();
    const watch = await watching((isThorough) => lookAtTree(folder.path('a'), isThorough), clock);
    writeFileSync(file, 'another');
    await clock.advance(5_000);
    await watch.next();
    rmSync(folder.path('a'), { recursive: true });
    await clock.advance(5_000);
    await watch.next();
  });

  test('a folder that cannot be read is looked at again', async () => {
    const clock = new FakeClock();
    let isReadable = false;
    const look: Look = async (isThorough) => {
      if (!isReadable) throw new Error('denied');
      return lookAtTree(folder.path('.'), isThorough);
    };
    const watch = await watching(look, clock);
    isReadable = true;
    await clock.advance(5_000);
    await watch.next();
  });
});

test('a thorough look sees a file that changed in place, another one does not need to', async () => {
  const file = folder.write('a/token', 'one');
  const [quick, thorough] = await Promise.all(
    [false, true].map((isThorough) => lookAtTree(folder.path('a'), isThorough)),
  );
  writeFileSync(file, 'longer');
  expect((await lookAtTree(folder.path('a'), true)).mark).not.toBe(thorough?.mark);
  expect((await lookAtTree(folder.path('a'), false)).mark).toBe(quick?.mark);
});

test('a circle of links ends', async () => {
  folder.write('a/token', 'one');
  symlinkSync('..', folder.path('a/up'));
  expect((await lookAtTree(folder.path('a'), true)).folders).toHaveLength(2);
});
