import { KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import type { Secret } from '../../core/secret.js';
import type { Rotator } from './rotators/rotator.js';

/**
 * The rotator with somebody's own value in the place of one that it makes.
 *
 * @throws KeywardError `unsupported` for one that people carry out.
 */
export function withGivenValue(rotator: Rotator, path: Path, value: Secret): Rotator {
  if (rotator.task !== undefined) {
    throw new KeywardError('unsupported', `${path} is rotated by people, step by step`, {
      path,
      advice: `Enter the value with: keyward rotate ${path}`,
    });
  }
  return {
    kind: rotator.kind,
    hasTarget: rotator.hasTarget,
    generate: async (current) => {
      const [name, ...others] = (await rotator.generate(current)).keys();
      if (name !== undefined && others.length === 0) return new Map([[name, value]]);
      throw new KeywardError('unsupported', `the rotator of ${path} makes several fields that belong together`, {
        path,
        advice: 'Let it make them: rotate without a value.',
      });
    },
    set: (change) => rotator.set(change),
    test: (credential) => rotator.test(credential),
    revoke: (credential, inForce) => rotator.revoke(credential, inForce),
  };
}
