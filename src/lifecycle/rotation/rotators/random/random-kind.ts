import { defineRotatorKind } from '../rotator-kind.js';

export const randomRotatorKind = defineRotatorKind({
  options: { recipe: 'text', alphabet: 'text', length: 'count' },
  shorthand: 'recipe',
  hasOneValue: () => true,
  problems({ recipe, alphabet, length }) {
    const isDrawn = alphabet !== undefined && length !== undefined;
    const isOne = recipe === undefined ? isDrawn : alphabet === undefined && length === undefined;
    return isOne
      ? []
      : ['expected a recipe such as alnum:40, a pattern such as key_{alnum:40}, or `alphabet` and `length`'];
  },
  async create({ recipe, alphabet = '', length = 0 }, { field }) {
    const { createRandomRotator } = await import('./random.js');
    return createRandomRotator({ random: recipe ?? { alphabet, length }, field });
  },
});
