import { fieldsOf, payloadText } from '../../../core/payload.js';
import type { RolloutChange } from './rollout.js';

/**
 * What a program or a webhook is told of a change: JSON with `id`, `path` and `fields`, an object of texts. The caller
 * overwrites it.
 *
 * @throws KeywardError `invalid` for a binary value
 */
export function changeInput({ id, path, payload }: RolloutChange): Uint8Array {
  const fields = Object.fromEntries([...fieldsOf(payload)].map(([field, one]) => [field, payloadText(one)]));
  return new TextEncoder().encode(JSON.stringify({ id, path, fields }));
}
