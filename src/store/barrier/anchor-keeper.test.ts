import { describe, expect, test } from 'vitest';
import { KeywardError } from '../../core/errors.js';
import { concat, toHex, utf8 } from '../../crypto/encoding.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { secretRow } from '../../testing/row-addresses.js';
import { change, SealedStoreKit } from '../../testing/sealed-store-kit.js';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { MemorySequencer } from '../physical/memory/memory-sequencer.js';
import { openAnchor } from './anchor.js';
import { anchorFileAt } from './anchor-file.js';
import type { Barrier } from './barrier.js';
import { wireStore } from './store-parts.js';

const address = secretRow('db/password');

async function start() {
  const clock = new FakeClock();
  const kit = await SealedStoreKit.create(clock);
  const barrier = await kit.open();
  const commit = (from: Barrier = barrier) => change(from, [{ address, plaintext: utf8('x') }]);
  const anchored = () => openAnchor(wireStore(kit).keys, kit.storeId, kit.anchorFile.bytes ?? new Uint8Array(0));
  return { clock, kit, barrier, commit, anchored };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the anchor', () => {
  test('is made with the store, so that its first opening finds nothing missing', async () => {
    const { kit, anchored } = await start();
    expect(kit.findings).toEqual([]);
    expect(anchored()).toMatchObject({ epoch: 1, commit: 1 });
  });

  test('follows the first commit at once and further ones within a second, written at most once in it', async () => {
    const { clock, kit, commit, anchored } = await start();
    await commit();
    await settled();
    expect(anchored()).toMatchObject({ commit: 2 });
    for (let count = 0; count < 20; count++) await commit();
    await clock.advance(999);
    expect(kit.anchorFile.writes).toBe(1);
    await clock.advance(1);
    expect(kit.anchorFile.writes).toBe(2);
    expect(anchored()).toMatchObject({ commit: 22 });
  });

  test('is written at close, also when the store was sealed before', async () => {
    const { barrier, commit, anchored } = await start();
    for (let count = 0; count < 3; count++) await commit();
    barrier.seal();
    await barrier.close();
    expect(anchored()).toMatchObject({ commit: 4 });
  });

  test('is not written by a process that only reads a store that is anchored', async () => {
    const { kit, barrier } = await start();
    await barrier.get(address);
    await barrier.close();
    expect(kit.anchorFile.writes).toBe(0);
  });

  test('is brought up to a store that went on without it', async () => {
    const { kit, anchored } = await start();
    const unanchored = await kit.openUnanchored();
    await change(unanchored, [{ address, plaintext: utf8('x') }]);
    await (await kit.open()).close();
    expect(anchored()).toMatchObject({ commit: 2 });
    expect(kit.findings).toEqual([]);
  });

  test('only goes forward when several processes write it', async () => {
    const { clock, kit, barrier, commit, anchored } = await start();
    const other = await kit.open();
    await commit();
    await commit();
    await commit(other);
    await other.close();
    const ahead = anchored();
    expect(ahead).toMatchObject({ commit: 4 });
    await barrier.close();
    await clock.advance(2_000);
    expect(anchored()).toEqual(ahead);
  });

  test('that is missing is made again, and reported', async () => {
    const { kit, barrier, anchored } = await start();
    await barrier.close();
    kit.anchorFile.bytes = undefined;
    await (await kit.open()).close();
    expect(kit.findings).toMatchObject([{ severity: 'warning', where: 'the anchor in memory' }]);
    expect(anchored()).toMatchObject({ commit: 1 });
  });

  test('that is forged, damaged or of another store is refused whoever opens the store, and never replaced', async () => {
    const { kit, barrier, commit } = await start();
    await commit();
    await barrier.close();
    const honest = kit.anchorFile.bytes ?? new Uint8Array(0);
    const flipped = (at: number) => honest.map((byte, index) => (index === at ? byte ^ 1 : byte));
    const other = await SealedStoreKit.create();
    const forgeries = [
      ...Array.from(honest.keys(), flipped),
      honest.subarray(0, 40),
      new Uint8Array(0),
      concat(honest, utf8('x')),
      other.anchorFile.bytes ?? new Uint8Array(0),
    ];
    for (const forgery of forgeries) {
      kit.anchorFile.bytes = forgery;
      await expect(kit.open('refuse')).rejects.toMatchObject({ code: 'integrity' });
      await expect(kit.open('warn')).rejects.toMatchObject({ code: 'integrity' });
      expect(kit.anchorFile.bytes).toBe(forgery);
    }
  });

  test('that was garbled while the store is open is left for the next opening to refuse', async () => {
    const { kit, barrier, commit } = await start();
    kit.anchorFile.bytes = utf8('garbage');
    await commit();
    await barrier.close();
    await expect(kit.open()).rejects.toMatchObject({ code: 'integrity' });
  });

  test('that cannot be written does not fail commits, is reported, and is tried again', async () => {
    const { kit, barrier, commit, anchored } = await start();
    kit.anchorFile.failure = new KeywardError('unavailable', 'the disk is full');
    await commit();
    await settled();
    expect(kit.findings).toMatchObject([{ severity: 'warning', cause: expect.stringContaining('the disk is full') }]);
    kit.anchorFile.failure = undefined;
    await barrier.close();
    expect(anchored()).toMatchObject({ commit: 2 });
  });

  test('does not keep close from ending when another process holds the turn and does not move', async () => {
    const { clock, kit, barrier, commit } = await start();
    if (!(kit.anchor.sequencer instanceof MemorySequencer)) throw new Error('another sequencer');
    kit.anchor.sequencer.hold();
    await commit();
    const closing = barrier.close();
    await settled();
    await clock.advance(2_000);
    await clock.advance(2_000);
    await closing;
    expect(kit.findings).toMatchObject([{ severity: 'warning' }, { severity: 'warning' }]);
  });

  test('does not show the sum over the heads', async () => {
    const { kit, commit } = await start();
    await commit();
    await settled();
    const { head } = await wireStore(kit).reader.read([]);
    expect(toHex(kit.anchorFile.bytes ?? new Uint8Array(0))).not.toContain(toHex(head.headHash));
  });

  test('is kept in a file that is replaced as a whole', () => {
    const folder = temporaryFolder();
    try {
      const file = anchorFileAt(folder.path('anchor'));
      expect(file.read()).toBeUndefined();
      file.write(utf8('first'));
      file.write(utf8('second'));
      expect(file.read()).toEqual(utf8('second'));
      expect(() => anchorFileAt(folder.path('.')).read()).toThrow(expect.objectContaining({ code: 'unavailable' }));
    } finally {
      folder.remove();
    }
  });
});
