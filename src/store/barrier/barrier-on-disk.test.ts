import { describe, expect, test } from 'vitest';
import { systemClock } from '../../core/clock.js';
import { silentObserver } from '../../core/observer.js';
import { fromUtf8, utf8 } from '../../crypto/encoding.js';
import { recordRow, secretRow } from '../../testing/row-addresses.js';
import { temporaryFolder } from '../../testing/temporary-folder.js';
import { createLmdbStore } from '../physical/lmdb/lmdb-store.js';
import { MemorySequencer } from '../physical/memory/memory-sequencer.js';
import { anchorFileAt } from './anchor-file.js';
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
});
