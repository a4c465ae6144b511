import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeywardError } from '../core/errors.js';
import { chainUnderTest } from '../testing/chain-under-test.js';
import { createMemoryProvider } from '../testing/memory-provider.js';
import { createVerifier } from './create-verifier.js';

const name = 'service/token';
const minute = 60_000;
const hour = 60 * minute;

async function accepting({ ttlMs = 5 * minute, grace = '1h' } = {}) {
  const chain = chainUnderTest();
  const memory = createMemoryProvider({ clock: chain.clock, secrets: { [name]: 'one' } });
  const secrets = chain.secrets({ links: [{ provider: memory }], cache: { ttlMs } });
  const verifier = await createVerifier(secrets, name, { grace, clock: chain.clock });
  return { ...chain, memory, secrets, verifier };
}

describe('a verifier', () => {
  test('accepts the current value and no other, and says which version it was', async () => {
    const { verifier } = await accepting();
    expect(await verifier.validate('one')).toEqual({ matched: 'current', version: 1 });
    expect(await verifier.validate(new TextEncoder().encode('one'))).toEqual({ matched: 'current', version: 1 });
    for (const wrong of ['', 'On', 'onee', 'one\0', 'two']) expect(await verifier.validate(wrong)).toBeUndefined();
  });

  test('accepts a new value at once, although the former one is remembered', async () => {
    const { verifier, memory, clock } = await accepting();
    await clock.advance(minute);
    memory.set(name, 'two');
    expect(await verifier.validate('two')).toEqual({ matched: 'current', version: 2 });
    expect(await verifier.validate('one')).toEqual({ matched: 'previous', version: 1 });
  });

  test('asks no store for a former value where there is none, however many wrong values are presented', async () => {
    const { clock, secrets: over } = chainUnderTest();
    const memory = createMemoryProvider({ clock, secrets: { [name]: 'one' } });
    let reads = 0;
    const read: typeof memory.read = (ref, call) => {
      reads += 1;
      return memory.read(ref, call);
    };
    const links = [{ provider: { ...memory, read, capabilities: new Set(['describe'] as const) } }];
    const verifier = await createVerifier(over({ links }), name, { grace: '1h', clock });
    await verifier.validate('wrong');
    const before = reads;
    for (let turn = 0; turn < 50; turn += 1) await verifier.validate(`wrong ${turn}`);
    expect(reads).toBe(before);
    memory.set(name, 'two');
    await clock.advance(minute);
    expect(await verifier.validate('two')).toMatchObject({ matched: 'current' });
    expect(await verifier.validate('one')).toMatchObject({ matched: 'previous' });
  });

  test('accepts the former value until the end of grace, to the millisecond', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 48 * hour }),
        fc.integer({ min: 0, max: hour }),
        async (grace, ttl) => {
          const { verifier, memory, clock } = await accepting({ grace: `${grace}ms`, ttlMs: ttl });
          await clock.advance(minute);
          memory.set(name, 'two');
          expect(await verifier.validate('two')).toMatchObject({ matched: 'current' });
          await clock.advance(grace - 1);
          expect(await verifier.validate('one')).toMatchObject({ matched: 'previous' });
          await clock.advance(1);
          expect(await verifier.validate('one')).toBeUndefined();
          expect(await verifier.validate('two')).toMatchObject({ matched: 'current' });
        },
      ),
      { numRuns: 50 },
    );
  });

  test('has the same end of grace after a restart', async () => {
    const { secrets, memory, clock } = await accepting();
    memory.set(name, 'two');
    await secrets.refresh();
    await clock.advance(hour - 1);
    const again = await createVerifier(secrets, name, { grace: '1h', clock });
    expect(await again.validate('one')).toMatchObject({ matched: 'previous' });
    await clock.advance(1);
    expect(await again.validate('one')).toBeUndefined();
  });

  test('never accepts the one before the former, although it is remembered as the former', async () => {
    const { verifier, memory, clock } = await accepting();
    memory.set(name, 'two');
    expect(await verifier.validate('two')).toMatchObject({ matched: 'current' });
    expect(await verifier.validate('one')).toMatchObject({ matched: 'previous' });
    await clock.advance(minute);
    memory.set(name, 'three');
    expect(await verifier.validate('three')).toMatchObject({ matched: 'current' });
    expect(await verifier.validate('one')).toBeUndefined();
    expect(await verifier.validate('two')).toMatchObject({ matched: 'previous' });
  });

  test('asks for the former value anew when it was read before a rotation and the current one after', async () => {
    const { secrets, memory, clock } = await accepting();
    memory.set(name, 'two');
    await secrets.refresh(name);
    const verifier = await createVerifier(secrets, name, { grace: '1h', clock });
    await clock.advance(3 * minute);
    expect(await verifier.validate('one')).toMatchObject({ matched: 'previous' });
    await clock.advance(minute);
    memory.set(name, 'three');
    await clock.advance(2 * minute);
    expect(await verifier.validate('three')).toMatchObject({ matched: 'current' });
    expect(await verifier.validate('one')).toBeUndefined();
    expect(await verifier.validate('two')).toMatchObject({ matched: 'previous' });
  });

  test('ends grace also when the store is out of reach, and accepts nothing when the current value is too old', async () => {
    const { clock, secrets: over, settle } = chainUnderTest();
    const memory = createMemoryProvider({ clock, secrets: { [name]: 'one' } });
    let isDown = false;
    const read: typeof memory.read = async (ref, call) => {
      if (isDown) throw new KeywardError('unavailable', 'the store is out of reach');
      return memory.read(ref, call);
    };
    const links = [{ provider: { ...memory, read, capabilities: new Set(['describe'] as const) } }];
    const secrets = over({ links, cache: { ttlMs: 5 * minute, maxStaleMs: 2 * hour } });
    memory.set(name, 'two');
    const verifier = await createVerifier(secrets, name, { grace: '1h', clock });
    expect(await verifier.validate('one')).toMatchObject({ matched: 'previous' });
    isDown = true;
    await clock.advance(hour - minute);
    expect(await settle(verifier.validate('one'))).toMatchObject({ matched: 'previous' });
    await clock.advance(minute);
    expect(await settle(verifier.validate('one'))).toBeUndefined();
    expect(await settle(verifier.validate('two'))).toMatchObject({ matched: 'current' });
    await clock.advance(2 * hour);
    await expect(settle(verifier.validate('two'))).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('does not accept a former value of a version that is made in the future', async () => {
    const { verifier, memory, clock } = await accepting({ ttlMs: 0 });
    memory.set(name, 'two');
    clock.jump(-2 * minute);
    expect(await verifier.validate('one')).toBeUndefined();
    expect(await verifier.validate('two')).toMatchObject({ matched: 'current' });
  });

  test('is refused for a name with a version and a grace that is none', async () => {
    const { secrets } = await accepting();
    await expect(createVerifier(secrets, `${name}@1`, { grace: '1h' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(createVerifier(secrets, name, { grace: 'long' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(createVerifier(secrets, 'no/such', { grace: '1h' })).rejects.toMatchObject({ code: 'not_found' });
  });
});
