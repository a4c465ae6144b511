import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { describe, expect, test } from 'vitest';
import { FakeClock } from '../../../testing/fake-clock.js';
import { sequencerContract } from '../sequencer.contract.js';
import { bootId } from './boot-id.js';
import { createLmdbSequencer } from './lmdb-sequencer.js';

function holdWriteLock(folder: string): Promise<() => Promise<void>> {
  const other = open({ path: folder, noSubdir: false, encoding: 'binary', keyEncoding: 'binary', noSync: true });
  return new Promise((resolve) => {
    const ended = other.transaction(
      () =>
        new Promise<void>((letGo) => {
          resolve(async () => {
            letGo();
            await ended;
            await other.close();
          });
        }),
    );
  });
}

sequencerContract({ describe, test, skip: test.skip }, 'lmdb', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'keyward-sequencer-'));
  const folder = join(parent, 'sequencer');
  const clock = new FakeClock();
  const sequencer = createLmdbSequencer({ folder, clock });
  return {
    subject: {
      sequencer,
      hold: async () => {
        await sequencer.exclusive(() => ({ state: undefined, result: undefined }));
        return holdWriteLock(join(folder, `boot-${bootId()}`));
      },
      elapse: (ms) => clock.advance(ms),
    },
    dispose: async () => {
      await sequencer.close();
      await rm(parent, { recursive: true });
    },
  };
});

describe('the sequencer on LMDB', () => {
  async function useOnce(folder: string): Promise<number> {
    const sequencer = createLmdbSequencer({ folder });
    try {
      return await sequencer.exclusive((state) => {
        const next = (state?.[0] ?? 0) + 1;
        return { state: Uint8Array.of(next), result: next };
      });
    } finally {
      await sequencer.close();
    }
  }

  test('finds its state again when opened anew', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyward-sequencer-'));
    expect(await useOnce(folder)).toBe(1);
    expect(await useOnce(folder)).toBe(2);
    await rm(folder, { recursive: true });
  });

  test('begins without a state after the host has started anew, and clears away what was left', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'keyward-sequencer-'));
    await mkdir(join(folder, 'boot-0000'));
    expect(await useOnce(folder)).toBe(1);
    expect(await readdir(folder)).toEqual([`boot-${bootId()}`]);
    await rm(folder, { recursive: true });
  });

  test('keeps its files to their owner', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'keyward-sequencer-'));
    const folder = join(parent, 'sequencer');
    await useOnce(folder);
    const inner = join(folder, `boot-${bootId()}`);
    const modes = await Promise.all(
      [folder, inner, join(inner, 'data.mdb'), join(inner, 'lock.mdb')].map(
        async (path) => (await stat(path)).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o600]);
    await rm(parent, { recursive: true });
  });
});
