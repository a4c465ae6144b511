// Makes a store at the place of this user whenever it is told to, and reports whether it did.
import { createInterface } from 'node:readline';
import { initStore } from 'keyward-source/compose/init-store.ts';
import { storeLocations } from 'keyward-source/compose/store-locations.ts';
import { describeError, report } from './report.mjs';

report({ ready: true });
for await (const home of createInterface({ input: process.stdin })) {
  const locations = storeLocations({ env: {}, home: JSON.parse(home) });
  try {
    const { storeId } = await initStore({ locations, slot: 'keyfile' });
    report({ made: storeId });
  } catch (error) {
    report({ refused: describeError(error) });
  }
}
