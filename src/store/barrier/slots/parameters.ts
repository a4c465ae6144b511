import { KeywardError } from '../../../core/errors.js';
import type { SlotParameters } from './slot.js';

/**
 * Refuses parameters that a slot of this kind never writes: others than the named ones, or fewer.
 *
 * @throws KeywardError `integrity`
 */
export function requireParameters(kind: string, parameters: SlotParameters, ...names: readonly string[]): void {
  const present = Object.keys(parameters);
  if (present.length !== names.length || !names.every((name) => present.includes(name))) throw wrongParameters(kind);
}

export function wrongParameters(kind: string): KeywardError {
  return new KeywardError('integrity', `the header describes a ${kind} slot in a way that no ${kind} slot is written`);
}
