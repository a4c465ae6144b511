import { describe, expect, test } from 'vitest';
import { rotatorContract } from '../rotator.contract.js';
import { createRandomRotator, type RandomSettings } from './random.js';

const madeBy = async (random: RandomSettings) => {
  const made = await createRandomRotator({ random, field: 'token' }).generate(undefined);
  return made.get('token')?.expose() ?? '';
};

rotatorContract({ describe, test, skip: test.skip }, 'random values', async () => ({
  subject: { rotator: createRandomRotator({ random: 'hex:32', field: 'value' }), initial: undefined },
}));

describe('a random value', () => {
  test('is made by a recipe, a pattern, or from an alphabet', async () => {
    expect(await madeBy('hex:16')).toMatch(/^[0-9a-f]{32}$/);
    expect(await madeBy('key_{alnum:24}-{hex:8}.')).toMatch(/^key_[A-Za-z0-9]{24}-[0-9a-f]{16}\.$/);
    expect(await madeBy({ alphabet: 'ABCDEFGH', length: 30 })).toMatch(/^[A-H]{30}$/);
  });

  test.each([
    'hex:4',
    'key_{alnum:3}',
    'key_{alnum:24',
    'key_alnum:24}',
    'key_{}',
    { alphabet: 'AB', length: 40 },
    { alphabet: 'AABBCCDD', length: 40 },
    { alphabet: 'AB\n', length: 400 },
    { alphabet: 'A', length: 400 },
    { alphabet: 'ABCD', length: 5000 },
  ])('is refused where it could be guessed, or is not well described: %j', (random) => {
    expect(() => createRandomRotator({ random, field: 'token' })).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});
