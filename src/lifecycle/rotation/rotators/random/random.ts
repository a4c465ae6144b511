import { KeywardError } from '../../../../core/errors.js';
import { Secret } from '../../../../core/secret.js';
import { generateValue, generatorFrom, parseRecipe } from '../../../generate/generate-value.js';
import type { Rotator } from '../rotator.js';

/** A recipe (`hex:32`), a text with recipes in braces (`key_{alnum:40}`), or characters to draw from. */
export type RandomSettings = string | { readonly alphabet: string; readonly length: number };

export interface RandomOptions {
  readonly random: RandomSettings;
  /** The field of the secret. */
  readonly field: string;
}

/**
 * Random values that only consumers of the store have to know: keys of an application, tokens that it checks itself.
 *
 * @throws KeywardError `invalid` for settings by which a value could be guessed.
 */
export function createRandomRotator({ random, field }: RandomOptions): Rotator {
  const make = maker(random);
  return {
    kind: 'overlap',
    hasTarget: false,
    generate: async () => new Map([[field, make()]]),
    set: async () => undefined,
    test: async () => undefined,
    revoke: async () => undefined,
  };
}

function maker(random: RandomSettings): () => Secret {
  if (typeof random !== 'string') return generatorFrom(random.alphabet, random.length);
  if (!random.includes('{')) {
    const recipe = parseRecipe(random);
    return () => generateValue(recipe);
  }
  // Every second part is what stood in braces.
  const parts = random.split(/[{}]/);
  const recipes = parts.map((part, at) => (at % 2 === 1 ? parseRecipe(part) : undefined));
  if (parts.length % 2 === 1) {
    return () =>
      Secret.fromText(
        parts.map((part, at) => (recipes[at] === undefined ? part : generateValue(recipes[at]).expose())).join(''),
      );
  }
  throw new KeywardError('invalid', 'a brace of the pattern is not closed', {
    advice: 'Write it like key_{alnum:40}.',
  });
}
