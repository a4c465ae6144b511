import { expect, test } from 'vitest';
import { parsePath } from '../core/path.js';
import { textPayload } from '../core/payload.js';
import { DoorFixture } from '../testing/door-fixture.js';
import { FakeClock } from '../testing/fake-clock.js';
import { SealedStoreKit } from '../testing/sealed-store-kit.js';
import { storeOver } from '../testing/store-under-test.js';

test('64 writes in flight are one write and one sync of intents, one commit, and one write of outcomes', async () => {
  const clock = new FakeClock();
  const kit = await SealedStoreKit.create(clock, { rows: 1000, bytes: 4 * 1024 * 1024 });
  const fixture = await DoorFixture.open(storeOver(await kit.open(), clock));
  try {
    const { secrets } = fixture.client();
    const writeAll = () =>
      Promise.all(
        Array.from({ length: 64 }, (_, index) =>
          secrets.write(parsePath(`app/${index}`), { payload: textPayload('v') }),
        ),
      );
    await writeAll();
    const { commits } = kit.physical;
    const { writes, syncs } = fixture.log.disk;
    const written = await writeAll();
    expect(written.map(({ number }) => number)).toEqual(Array.from({ length: 64 }, () => 2));
    expect(kit.physical.commits - commits).toBe(1);
    expect(fixture.log.disk.writes - writes).toBe(2);
    expect(fixture.log.disk.syncs - syncs).toBe(1);
  } finally {
    await fixture.dispose();
  }
});
