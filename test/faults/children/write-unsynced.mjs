// What the writes of the store would be without their syncs: plain LMDB that is told not to sync.
import { open } from 'lmdb';
import { report } from './report.mjs';

const database = open({ path: process.argv[2], noSync: true, overlappingSync: false });
for (let number = 1; number <= 5; number += 1) {
  await database.put('name', `value ${number}`);
  report({ acknowledged: 'name', number });
}
await database.close();
