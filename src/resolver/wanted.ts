import { KeywardError } from '../core/errors.js';
import type { Answer, Inquiry } from './question.js';

/** What a name stands for: the answer to one question, or one that is made of the answers to several. */
export interface Wanted {
  readonly inquiries: readonly Inquiry[];
  /** The one question, where its answer is the answer. */
  readonly only: Inquiry | undefined;
  /** @throws KeywardError why there is no answer, given how asking each of them ended. */
  readonly combine: (outcomes: readonly (Answer | KeywardError)[]) => Answer;
}

export function oneOf(inquiry: Inquiry): Wanted {
  return {
    inquiries: [inquiry],
    only: inquiry,
    combine([outcome]) {
      if (outcome !== undefined && !(outcome instanceof KeywardError)) return outcome;
      throw outcome ?? new KeywardError('internal', `${inquiry.question.title} was not asked for`);
    },
  };
}
