import { type ErrorCode, KeywardError } from '../core/errors.js';
import type { AskedLink } from './link.js';
import type { Question } from './question.js';

const outageCodes: ReadonlySet<ErrorCode> = new Set(['unavailable', 'throttled', 'timeout']);

/** A store that was out of reach while a question was asked. */
export interface Outage {
  readonly link: AskedLink;
  readonly error: KeywardError;
}

/** Whether the store could not be reached, as opposed to having answered something. */
export function isOutage(error: KeywardError): boolean {
  return outageCodes.has(error.code);
}

/**
 * Why the chain stopped at this store: any failure that is no outage. A store that throws `not_found` instead of
 * attesting absence gives `invalid`, since `not_found` is the chain's own word for "every store attested absence".
 */
export function stoppedAt(link: AskedLink, question: Question, error: KeywardError, isLast: boolean): KeywardError {
  const store = link.provider.name;
  const code = error.code === 'not_found' ? 'invalid' : error.code;
  const isMisplaced = (code === 'denied' || code === 'unauthenticated') && !isLast;
  const way = code === 'denied' ? `Give it access to ${question.path} in ${store}` : error.advice.replace(/\.$/, '');
  const advice = isMisplaced
    ? [
        `${way}; or, if ${store} should not be asked for it, limit ${store} with \`serves\`.`,
        'No later store is asked after a refusal.',
      ].join(' ')
    : error.advice;
  return new KeywardError(code, `${store} answered "${code}" for ${question.title}: ${error.message}`, {
    store,
    path: question.path,
    advice,
    cause: error,
  });
}

/** Why an outage is an error: `because` says why nothing may stand in for the store, whose own advice is kept. */
export function unavailableAt({ link, error }: Outage, question: Question, because: string): KeywardError {
  const store = link.provider.name;
  return new KeywardError(
    'unavailable',
    `${store} could not be asked for ${question.title} (${error.code}: ${error.message}); ${because}`,
    { store, path: question.path, advice: error.advice, cause: error },
  );
}

export function absentEverywhere(asked: readonly AskedLink[], question: Question): KeywardError {
  const stores = asked.map((link) => link.provider.name).join(', ');
  return new KeywardError('not_found', `none of the stores asked has ${question.title}: ${stores}`, {
    path: question.path,
  });
}

/** `config` rather than `not_found`: nobody was asked, so nobody attested absence. */
export function servedByNone(links: readonly AskedLink[], question: Question): KeywardError {
  const stores = links.map((link) => link.provider.name).join(', ');
  return new KeywardError(
    'config',
    stores === ''
      ? `no store is configured that could be asked for ${question.title}`
      : `${question.title} is outside what ${stores} may be asked for`,
    { path: question.path, advice: 'Add a store to `providers:`, or widen `serves`.' },
  );
}
