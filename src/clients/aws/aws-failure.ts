import { type ErrorCode, isKeywardError, KeywardError } from '../../core/errors.js';
import { refuseAborted } from '../../core/provider-gate.js';
import { abortable } from '../http/abortable.js';
import { WireFailure } from './aws-wire.js';

/** What the errors mean that every service of AWS gives, by their names. */
export const commonAwsErrors: ReadonlyMap<string, ErrorCode> = new Map([
  ['AccessDeniedException', 'denied'],
  ['AccessDenied', 'denied'],
  ['OptInRequired', 'denied'],
  ['UnrecognizedClientException', 'unauthenticated'],
  ['InvalidSignatureException', 'unauthenticated'],
  ['SignatureDoesNotMatch', 'unauthenticated'],
  ['InvalidClientTokenId', 'unauthenticated'],
  ['ExpiredToken', 'unauthenticated'],
  ['ExpiredTokenException', 'unauthenticated'],
  ['RequestExpired', 'unauthenticated'],
  ['IncompleteSignature', 'unauthenticated'],
  ['MissingAuthenticationToken', 'unauthenticated'],
  ['MissingAuthenticationTokenException', 'unauthenticated'],
  ['CredentialsProviderError', 'unauthenticated'],
  ['TokenProviderError', 'unauthenticated'],
  ['ThrottlingException', 'throttled'],
  ['TooManyRequestsException', 'throttled'],
  ['RequestLimitExceeded', 'throttled'],
  ['InternalFailure', 'unavailable'],
  ['InternalServerError', 'unavailable'],
  ['ServiceUnavailable', 'unavailable'],
  ['ServiceUnavailableException', 'unavailable'],
  ['RequestTimeout', 'unavailable'],
  ['ValidationException', 'invalid'],
  ['InvalidAction', 'invalid'],
]);

/** A call of one operation. */
export interface AwsCall {
  /** As policies name it: `secretsmanager:GetSecretValue`. */
  readonly action: string;
  /** What it is about, for messages. */
  readonly on: string;
  readonly signal: AbortSignal | undefined;
}

/** All that is kept of an error of the SDK: its message can quote what was sent or answered. */
export class AwsRefusal {
  readonly name: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;

  constructor(name: string, status?: number, requestId?: string) {
    this.name = name;
    this.status = status;
    this.requestId = requestId;
  }
}

export interface AwsMeanings {
  /** The store, for messages. */
  readonly store: string;
  /** What the service's errors mean, by their names. */
  readonly errors: ReadonlyMap<string, ErrorCode>;
  /** The texts that tell the meanings of one error apart, as recorded. */
  readonly texts?: readonly { readonly name: string; readonly says: string; readonly code: ErrorCode }[];
}

/** Whether the service itself refused with this error. */
export function isRefusal(error: unknown, ...names: readonly string[]): boolean {
  return isKeywardError(error) && error.cause instanceof AwsRefusal && names.includes(error.cause.name);
}

/**
 * The answer to a call of the SDK.
 *
 * @throws KeywardError what the service refuses with as the tables say; `invalid` for what is no answer of the service;
 * what our HTTP client throws; as `refuseAborted` when the caller gives up.
 */
export async function askAws<T>(
  meanings: AwsMeanings,
  call: AwsCall,
  send: (options: { readonly abortSignal?: AbortSignal }) => Promise<T>,
): Promise<T> {
  const { store } = meanings;
  try {
    return await abortable(store, call.signal, send(call.signal === undefined ? {} : { abortSignal: call.signal }));
  } catch (error) {
    if (isKeywardError(error)) throw error;
    refuseAborted(store, call.signal);
    if (error instanceof WireFailure) throw error.failure;
    throw failureOf(error, meanings, call);
  }
}

function failureOf(error: unknown, meanings: AwsMeanings, call: AwsCall): KeywardError {
  const { status, requestId } = metadataOf(error);
  const { name, message } = error instanceof Error ? error : new Error();
  const known = meanings.errors.get(name);
  const told = meanings.texts?.find((row) => row.name === name && message.includes(row.says));
  const refusal = new AwsRefusal(known === undefined ? 'no error of the service' : name, status, requestId);
  return refusalOf(meanings.store, call, told?.code ?? known ?? codeOfStatus(status), refusal);
}

/** What the service refuses with, in our words. */
export function refusalOf(
  store: string,
  { action, on }: Pick<AwsCall, 'action' | 'on'>,
  code: ErrorCode,
  cause: AwsRefusal,
): KeywardError {
  const { text, advice } = wordsOf(code, action, on);
  const { name, status } = cause;
  const from = status === undefined ? name : `${status}, ${name}`;
  return new KeywardError(code, `${store} ${text} (${from})`, { store, advice, cause });
}

/** Without a status, the SDK could not even ask: a file of its configuration, as a rule. */
function codeOfStatus(status: number | undefined): ErrorCode {
  if (status === undefined) return 'config';
  if (status === 429) return 'throttled';
  return status >= 500 ? 'unavailable' : 'invalid';
}

function wordsOf(code: ErrorCode, action: string, on: string): { readonly text: string; readonly advice?: string } {
  switch (code) {
    case 'denied':
      return {
        text: `does not permit ${action} on ${on}`,
        advice: `Allow it to who asks (aws sts get-caller-identity), with kms:Decrypt for a key of its own; or limit the link with \`serves\`.`,
      };
    case 'unauthenticated':
      return {
        text: `cannot sign in for ${action}`,
        advice: 'See: aws sts get-caller-identity; renew a session with: aws sso login; check the clock.',
      };
    case 'deleted':
      return {
        text: `keeps ${on} only until it is deleted for good`,
        advice: `Bring it back with: aws secretsmanager restore-secret --secret-id ${on}`,
      };
    case 'config':
      return { text: `cannot ask for ${action}`, advice: 'Check ~/.aws/config, and the variables AWS_….' };
    case 'invalid':
      return {
        text: `gives ${action} on ${on} no answer that can be used`,
        advice: 'Check the endpoint and the region; a proxy or a sign-in page may stand before the service.',
      };
    default:
      return { text: `did not do ${action} on ${on}` };
  }
}

function metadataOf(error: unknown): { readonly status?: number | undefined; readonly requestId?: string | undefined } {
  const metadata = memberOf(error, '$metadata');
  const status = memberOf(metadata, 'httpStatusCode');
  const requestId = memberOf(metadata, 'requestId');
  return {
    status: typeof status === 'number' ? status : undefined,
    requestId: typeof requestId === 'string' && /^[0-9A-Za-z-]{1,64}$/.test(requestId) ? requestId : undefined,
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
