import { type ErrorCode, KeywardError } from '../../core/errors.js';
import { memberOf, textIn } from './api-object.js';

interface Meaning {
  readonly code: ErrorCode;
  readonly text: string;
  readonly advice?: string;
}

/** Source: `StatusReason` in k8s.io/apimachinery/pkg/apis/meta/v1/types.go. */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['NotFound', { code: 'not_found', text: 'does not hold it', advice: 'See: kubectl get secrets' }],
  [
    'Unauthorized',
    {
      code: 'unauthenticated',
      text: 'does not know who asks: the credential is wrong or has expired',
      advice: 'Sign in to the cluster again. See: kubectl auth whoami',
    },
  ],
  [
    'Forbidden',
    {
      code: 'denied',
      text: 'does not let us',
      advice: 'See: kubectl auth can-i --list; or limit the link with `serves`.',
    },
  ],
  ['AlreadyExists', { code: 'conflict', text: 'holds it already' }],
  ['Conflict', { code: 'conflict', text: 'holds another version than the one that was expected' }],
  ['Expired', { code: 'unavailable', text: 'has forgotten the state that it was asked about' }],
  ['Gone', { code: 'unavailable', text: 'has forgotten the state that it was asked about' }],
  ['Invalid', { code: 'invalid', text: 'takes no such Secret' }],
  ['BadRequest', { code: 'invalid', text: 'does not understand what it was asked' }],
  ['NotAcceptable', { code: 'invalid', text: 'does not answer in the form that was asked for' }],
  ['UnsupportedMediaType', { code: 'invalid', text: 'does not understand the form of the change' }],
  ['MethodNotAllowed', { code: 'unsupported', text: 'does not do this' }],
  ['RequestEntityTooLarge', { code: 'too_large', text: 'takes no Secret of this size' }],
  ['TooManyRequests', { code: 'throttled', text: 'asks to slow down' }],
  ['Timeout', { code: 'unavailable', text: 'did not answer in its own time' }],
  ['ServerTimeout', { code: 'unavailable', text: 'did not answer in its own time' }],
  ['InternalError', { code: 'unavailable', text: 'failed' }],
  ['ServiceUnavailable', { code: 'unavailable', text: 'cannot answer now' }],
]);

/** What the API server's refusals mean, by the `reason` of its Status. */
export const kubernetesErrors: ReadonlyMap<string, ErrorCode> = new Map(
  [...meanings].map(([reason, { code }]) => [reason, code]),
);

/** What the API server said about a request that it did not serve. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  /** What it is about: `secrets`, `namespaces`. */
  readonly kind: string | undefined;
  readonly name: string | undefined;
}

/** The refusal in an answer; `undefined` for what is none of the API server's, whatever its HTTP status. */
export function readRefusal(status: number, body: unknown): Refusal | undefined {
  const reason = textIn(body, 'reason');
  if (textIn(body, 'kind') !== 'Status' || reason === undefined || memberOf(body, 'code') !== status) return undefined;
  const details = memberOf(body, 'details');
  return { status, reason, kind: textIn(details, 'kind'), name: textIn(details, 'name') };
}

/**
 * An answer that is no success as our error. Nothing of the body is repeated: it may quote what was sent.
 *
 * @param what The request, for the message: `reading Secret app`.
 */
export function refusalError(refusal: Refusal | undefined, status: number, store: string, what: string): KeywardError {
  const outage: Meaning | undefined =
    status >= 500
      ? { code: 'unavailable', text: 'failed' }
      : status === 429
        ? meanings.get('TooManyRequests')
        : undefined;
  const meaning = (refusal && meanings.get(refusal.reason)) ?? outage;
  if (meaning === undefined) return notTheServer(store, status);
  const { code, text, advice } = meaning;
  return new KeywardError(code, `${store} ${text} (${status}, ${what})`, { store, advice });
}

/** An answer that the API server cannot have given. */
export function notTheServer(store: string, status: number): KeywardError {
  return new KeywardError('invalid', `${store}: what answers (${status}) is not the API server of Kubernetes`, {
    store,
    advice: 'Check the server: of the kubeconfig; a proxy or a sign-in page may stand before it. See: kubectl version',
  });
}
