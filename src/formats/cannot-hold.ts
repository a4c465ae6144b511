import { KeywardError } from '../core/errors.js';
import { quoted } from '../core/path.js';

/**
 * The refusal to write a value in a format that cannot hold it; says nothing about the value but the reason.
 *
 * @param format as a sentence has it, such as `a docker env file`.
 */
export function cannotHold(format: string, name: string, why: string): KeywardError {
  return new KeywardError('invalid', `${format} cannot hold ${quoted(name).slice(1, -1)}: ${why}`, {
    advice: 'Leave it out (--only names what to export), or use a format that holds every byte: --format dir.',
  });
}
