import { type ErrorCode, KeywardError } from '../../core/errors.js';

/**
 * What the refusals of the service mean, by the name of their status, in the order of the numbers that gRPC has for
 * them, from 1 (google/rpc/code.proto). A failed precondition of a change is a `conflict` instead.
 */
export const gcpErrors: ReadonlyMap<string, ErrorCode> = new Map([
  ['CANCELLED', 'timeout'],
  ['UNKNOWN', 'unavailable'],
  ['INVALID_ARGUMENT', 'invalid'],
  ['DEADLINE_EXCEEDED', 'timeout'],
  ['NOT_FOUND', 'not_found'],
  ['ALREADY_EXISTS', 'conflict'],
  ['PERMISSION_DENIED', 'denied'],
  ['RESOURCE_EXHAUSTED', 'throttled'],
  ['FAILED_PRECONDITION', 'deleted'],
  ['ABORTED', 'conflict'],
  ['OUT_OF_RANGE', 'invalid'],
  ['UNIMPLEMENTED', 'invalid'],
  ['INTERNAL', 'unavailable'],
  ['UNAVAILABLE', 'unavailable'],
  ['DATA_LOSS', 'integrity'],
  ['UNAUTHENTICATED', 'unauthenticated'],
] as const);

const names = [...gcpErrors.keys()];

const advices: Partial<Readonly<Record<ErrorCode, string>>> = {
  denied:
    'Grant roles/secretmanager.secretAccessor (gcloud secrets add-iam-policy-binding), see that the API is enabled, or limit the link with `serves`.',
  deleted:
    'See: gcloud secrets versions list <name>. A disabled version comes back with: gcloud secrets versions enable.',
  unauthenticated: 'Run: gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS.',
};

/** Which call failed, for messages. */
export interface FailedCall {
  readonly store: string;
  /** `getSecret`, for messages. */
  readonly method: string;
  readonly isChange: boolean;
}

/**
 * A refusal over HTTP. Only the service's own form of error is believed; what else stands in between can be ill or ask to
 * slow down, and nothing else. No text of the body is repeated.
 */
export function httpRefusal(status: number, body: Uint8Array, call: FailedCall): KeywardError {
  const name = statusNameOf(body);
  if (name !== undefined) return refusal(name, call);
  const code = status >= 500 ? 'unavailable' : status === 429 ? 'throttled' : 'invalid';
  return new KeywardError(code, `${call.store}: what answered ${status} to ${call.method} is not Secret Manager`, {
    store: call.store,
  });
}

/** What the package rejected a call with. Its message, details and metadata can hold values, so nothing of them is kept. */
export function sdkFailure(error: unknown, call: FailedCall): KeywardError {
  if (error instanceof KeywardError) return error;
  const number = error instanceof Error && 'code' in error ? error.code : undefined;
  const name = typeof number === 'number' ? names[number - 1] : undefined;
  if (name !== undefined && !isOfPackage(error, name)) return refusal(name, call);
  return new KeywardError(
    'invalid',
    `${call.store}: the answer to ${call.method} has not the form of Secret Manager's`,
    {
      store: call.store,
    },
  );
}

/** Why no credential could be had: `unauthenticated`, or `unavailable` when whoever issues them did not answer. */
export function signInFailure(error: unknown, store: string): KeywardError {
  const response = error instanceof Error && 'response' in error ? error.response : undefined;
  const status =
    typeof response === 'object' && response !== null && 'status' in response ? response.status : undefined;
  const isRefused = typeof status === 'number' ? status < 500 && status !== 429 : !isOutage(error);
  const code = isRefused ? 'unauthenticated' : 'unavailable';
  return new KeywardError(code, `${store}: the application default credentials gave no token`, {
    store,
    advice: advices[code],
  });
}

function refusal(name: string, { store, method, isChange }: FailedCall): KeywardError {
  const meaning = gcpErrors.get(name) ?? 'invalid';
  const code = isChange && meaning === 'deleted' ? 'conflict' : meaning;
  return new KeywardError(code, `${store}: Secret Manager answered ${name} to ${method}`, {
    store,
    advice: advices[code],
  });
}

function statusNameOf(body: Uint8Array): string | undefined {
  try {
    const said: unknown = JSON.parse(new TextDecoder().decode(body));
    const error = typeof said === 'object' && said !== null && 'error' in said ? said.error : undefined;
    const name = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
    return typeof name === 'string' && gcpErrors.has(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the package itself gave the status, as it does to a page that is no gRPC, a redirect, and an answer without an
 * end: refusals of the service come with headers of their own.
 */
function isOfPackage(error: unknown, name: string): boolean {
  if (name !== 'RESOURCE_EXHAUSTED' && name !== 'UNKNOWN') return false;
  const headers: unknown = error instanceof Error && 'metadata' in error ? error.metadata : undefined;
  if (typeof headers !== 'object' || headers === null || !('getMap' in headers)) return false;
  return typeof headers.getMap === 'function' && Object.keys(headers.getMap()).length === 0;
}

/** Whether the connection failed, which Node and the package tell by a code. */
function isOutage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(?:E[A-Z]+|UND_ERR_.*)$/.test(String(error.code));
}
