import { KeywardError } from '../../../core/errors.js';
import { fieldOf } from '../../../core/payload.js';
import type { RolloutChange } from './rollout.js';

/** The bytes of the field, or of the whole secret where none is named. @throws KeywardError `config` without the field */
export function chosenValue({ path, payload }: RolloutChange, field: string | undefined): Uint8Array {
  const chosen = field === undefined ? payload : fieldOf(payload, field);
  if (chosen !== undefined) return chosen.bytes;
  throw new KeywardError('config', `${path} has no field ${field}, which its \`rollout:\` names`, {
    path,
    advice: `See its fields with: keyward get ${path}`,
  });
}
