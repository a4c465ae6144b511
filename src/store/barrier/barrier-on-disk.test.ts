import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { silentObserver } from '../../core/observer.js';
import { fromUtf8, utf8 } from '../../crypto/encoding.js';
import { recordRow, secretRow } from '../../testing/row-addresses.js';
import { setBackSharedNumber } from '../../testing/set-back-shared-number.js';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { createLmdbStore } from '../physical/lmdb/lmdb-store.js';
import { MemorySequencer } from '../physical/memory/memory-sequencer.js';
import { anchorFileAt } from './anchor-file.js';
import type { Barrier } from './barrier.js';
import { createKeyring } from './keyring.js';
import { createSealedStore, openSealedStore } from './sealed-store.js';

describe('a sealed store on disk', () => {
  test('counts rightly for two barriers at once, and is whole after it was closed and opened again', async () => {
    const folder = temporaryFolder();
    const clock = systemClock;
    const kept = { storeId: 'on-disk', keyring: createKeyring(clock), clock };
    const anchor = { file: anchorFileAt(folder.path('anchor')), sequencer: new MemorySequencer(clock) };
    const open = () => createLmdbStore({ folder: folder.path('data') });
    try {
      const physical = open();
      await createSealedStore({ ...kept, physical, anchor });
      const options = { ...kept, physical, anchor, onRollback: 'refuse', observer: silentObserver } as const;
      const barriers = [await openSealedStore(options), await openSealedStore(options)];
      const counter = recordRow('counter');
      await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          barriers[index % 2]?.transact(async (view) => {
            const bytes = await view.get(counter);
            const next = utf8(String(1 + Number(bytes === undefined ? 0 : fromUtf8(bytes))));
            const put = [
              { address: counter, plaintext: next },
              { address: secretRow(`app/${index}`), plaintext: next },
            ];
            return { changes: { put, remove: [] }, result: undefined };
          }),
        ),
      );
      for (const barrier of barriers) await barrier.close();
      await physical.close();

      const reopened = open();
      const barrier = await openSealedStore({ ...options, physical: reopened });
      expect(await barrier.get(counter)).toEqual(utf8('200'));
      expect(await barrier.verifyAll()).toEqual({ rows: 201 });
      await barrier.close();
      await reopened.close();
    } finally {
      folder.remove();
    }
  });

  test('is neither damaged nor rolled back where an opening leads readers to the state before', async () => {
    const folder = temporaryFolder();
    const clock = systemClock;
    const kept = { storeId: 'on-disk', keyring: createKeyring(clock), clock };
    const anchor = { file: anchorFileAt(folder.path('anchor')), sequencer: new MemorySequencer(clock) };
    const physical = createLmdbStore({ folder: folder.path('data') });
    const options = { ...kept, physical, anchor, onRollback: 'refuse', observer: silentObserver } as const;
    const address = secretRow('app/token');
    const write = (barrier: Barrier, text: string) =>
      barrier.transact(async () => ({
        changes: { put: [{ address, plaintext: utf8(text) }], remove: [] },
        result: undefined,
      }));
    try {
      await createSealedStore(options);
      const barrier = await openSealedStore(options);
      await write(barrier, 'first');
      const before = readFileSync(folder.path('data/data.mdb'));
      await write(barrier, 'second');
      for (const look of [() => barrier.get(address), () => barrier.verifyAll(), () => openSealedStore(options)]) {
        setBackSharedNumber(folder.path('data/lock.mdb'));
        await look();
      }
      expect(await barrier.get(address)).toEqual(utf8('second'));

      writeFileSync(folder.path('data/data.mdb'), before);
      setBackSharedNumber(folder.path('data/lock.mdb'));
      await expect(barrier.get(address)).rejects.toMatchObject({ code: 'integrity' });
      await expect(openSealedStore(options)).rejects.toMatchObject({ code: 'integrity' });
      await barrier.close();
      await physical.close();
    } finally {
      folder.remove();
    }
  });
});
