import { commonAwsErrors } from '../../clients/aws/aws-failure.js';
import type { ErrorCode } from '../../core/errors.js';

/** What the errors of Parameter Store mean, by their names. */
export const ssmErrors: ReadonlyMap<string, ErrorCode> = new Map([
  ...commonAwsErrors,
  ['ParameterNotFound', 'not_found'],
  ['ParameterVersionNotFound', 'not_found'],
  ['ParameterAlreadyExists', 'conflict'],
  ['TooManyUpdates', 'throttled'],
  ['ParameterLimitExceeded', 'too_large'],
  ['ParameterMaxVersionLimitExceeded', 'too_large'],
  ['ParameterVersionLabelLimitExceeded', 'too_large'],
  ['InvalidKeyId', 'denied'],
  ['HierarchyLevelLimitExceededException', 'invalid'],
  ['HierarchyTypeMismatchException', 'invalid'],
  ['ParameterPatternMismatchException', 'invalid'],
  ['InvalidAllowedPatternException', 'invalid'],
  ['InvalidFilterKey', 'invalid'],
  ['InvalidFilterOption', 'invalid'],
  ['InvalidFilterValue', 'invalid'],
  ['InvalidNextToken', 'invalid'],
  ['UnsupportedParameterType', 'invalid'],
]);
