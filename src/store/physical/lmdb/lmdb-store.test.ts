import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { physicalStoreContract } from '../physical-store.contract.js';
import { createLmdbStore } from './lmdb-store.js';

async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'keyward-lmdb-'));
}

physicalStoreContract({ describe, test, skip: test.skip }, 'lmdb', async () => {
  const parent = await temporaryFolder();
  const store = createLmdbStore({ folder: join(parent, 'store') });
  return {
    subject: store,
    dispose: async () => {
      await store.close();
      await rm(parent, { recursive: true });
    },
  };
});
