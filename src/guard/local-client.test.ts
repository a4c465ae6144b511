import { describe, test } from 'vitest';
import { clientContract } from '../core/client.contract.js';
import { DoorFixture } from '../testing/door-fixture.js';
import { sealedStore } from '../testing/store-under-test.js';

const runner = { describe, test, skip: test.skip };

clientContract(runner, 'local, over a sealed store', async () => {
  const fixture = await DoorFixture.open(await sealedStore());
  return { subject: fixture.client(), dispose: () => fixture.dispose() };
});
