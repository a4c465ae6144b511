import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readNoted } from '../../src/core/metadata.js';
import { parsePath } from '../../src/core/path.js';
import { payloadText, textPayload } from '../../src/core/payload.js';
import type { Provider } from '../../src/core/provider.js';
import { parseRef } from '../../src/core/ref.js';
import { currentHolder } from '../../src/lifecycle/rotation/journal.js';
import type { RotationIntent, RotationParts } from '../../src/lifecycle/rotation/rotating.js';
import { rotate } from '../../src/lifecycle/rotation/rotation.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { createMemoryRecords } from '../../src/testing/memory-records.js';
import { SimulatedTarget } from '../../src/testing/simulated-target.js';
import { awsProvider } from './aws/aws-fixture.js';
import { AwsEmulator } from './aws/emulator.js';
import { OpenBao } from './openbao.js';
import { vaultProvider } from './vault-fixture.js';

const path = parsePath('app/token');
const graceMs = 3_600_000;

let openbao: OpenBao;
let moto: AwsEmulator;
beforeAll(async () => {
  [openbao, moto] = await Promise.all([OpenBao.start(), AwsEmulator.moto()]);
});
afterAll(() => Promise.all([openbao?.remove(), moto?.remove()]));

const stores: Readonly<Record<string, () => Provider>> = {
  'vault over OpenBao': () => vaultProvider(openbao, { prefix: 'rotated' }),
  'aws over moto': () => awsProvider(moto.address, { prefix: 'rotated' }),
};

const textAt = async (provider: Provider, ref: string) => {
  const found = await provider.read(parseRef(ref));
  return found && payloadText(found.payload);
};

describe.each(Object.entries(stores))('a rotation in %s', (_name, open) => {
  test('keeps the current value readable throughout, and the former one as previous, and can be taken back', async () => {
    const provider = open();
    await provider.write(path, { payload: textPayload('first'), metadata: { owner: 'me' } });
    const clock = new FakeClock();
    const target = new SimulatedTarget('overlap', ['first']);
    const parts: RotationParts = {
      records: createMemoryRecords(),
      provider,
      clock,
      owner: 'this',
      by: 'somebody',
      holder: currentHolder(),
    };
    const run = (intent: RotationIntent, change: Partial<RotationParts> = {}) =>
      rotate(
        { ...parts, ...change },
        { path, name: 'rotation/1', logName: 'rotation-log/1', rotator: target.rotator, graceMs, spreadMs: graceMs },
        intent,
      );

    expect((await run('start')).state).toBe('promoted');
    expect([await textAt(provider, path), await textAt(provider, `${path}@previous`)]).toEqual(['made 1', 'first']);
    expect((await readNoted(provider, path))?.metadata).toEqual({
      owner: 'me',
      last_rotated: '2030-01-01T00:00:00.000Z',
      rotated_by: 'this/1',
    });
    const other = { records: createMemoryRecords(), owner: 'other' };
    await expect(run('start', other)).rejects.toMatchObject({ code: 'conflict' });

    expect((await run('undo')).state).toBe('restored');
    expect([await textAt(provider, path), await textAt(provider, `${path}@previous`)]).toEqual(['first', 'made 1']);
    await clock.advance(graceMs);
    expect((await run('resume')).state).toBe('rolled_back');
    expect([...target.accepted]).toEqual(['first']);

    expect((await run('start', other)).state).toBe('promoted');
    await clock.advance(graceMs);
    expect((await run('resume', other)).state).toBe('retired');
    expect([...target.accepted]).toEqual([await textAt(provider, path)]);
    expect(Object.keys((await readNoted(provider, path))?.metadata ?? {}).sort()).toEqual(['last_rotated', 'owner']);
    await provider.close();
  });
});
