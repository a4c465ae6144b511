import { isKeywardError, KeywardError } from '../../core/errors.js';
import type { Path } from '../../core/path.js';
import type { RotationStep } from './machine.js';
import { RolloutFailure } from './rollouts/rollout.js';

/** Whether the target says that it does not accept the credential. */
export function isRefusal(error: unknown): error is KeywardError {
  return isKeywardError(error, 'unauthenticated', 'denied');
}

/** The error when it says that the new credential is not what the target takes, so that there is only the way back. */
export function refusalAt(step: RotationStep, error: unknown): KeywardError | undefined {
  if (step === 'test' && isRefusal(error)) return error;
  if (step === 'rollout' && error instanceof RolloutFailure) return error;
  return step === 'set' && isKeywardError(error, 'invalid') ? error : undefined;
}

export function changedByHand(path: Path): KeywardError {
  return new KeywardError('conflict', `${path} was changed by somebody else in the middle of its rotation`, {
    path,
    advice: 'Put the version back that was there and go on with --resume, or keep what is there with --rollback.',
  });
}
