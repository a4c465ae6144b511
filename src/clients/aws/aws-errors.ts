import type { ErrorCode } from '../../core/errors.js';
import { commonAwsErrors } from './aws-failure.js';

/** What the errors of Secrets Manager mean, by their names. */
export const awsErrors: ReadonlyMap<string, ErrorCode> = new Map([
  ...commonAwsErrors,
  ['ResourceNotFoundException', 'not_found'],
  ['ResourceExistsException', 'conflict'],
  ['PreconditionNotMetException', 'conflict'],
  ['DecryptionFailure', 'denied'],
  ['EncryptionFailure', 'denied'],
  ['LimitExceededException', 'too_large'],
  ['InternalServiceError', 'unavailable'],
  ['InvalidRequestException', 'invalid'],
  ['InvalidParameterException', 'invalid'],
  ['InvalidNextTokenException', 'invalid'],
]);

/** How the service says that a secret waits for its deletion; other requests are refused with the same error. */
export const awsTexts = [
  { name: 'InvalidRequestException', says: 'was marked for deletion', code: 'deleted' },
  { name: 'InvalidRequestException', says: 'already scheduled for deletion', code: 'deleted' },
] as const;
