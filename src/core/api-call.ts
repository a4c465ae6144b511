import { KeywardError } from './errors.js';

/** A call of an outside service, as the application reports it. */
export interface ApiCall {
  /** Its name, such as `binance`: at most 64 letters, digits, `.`, `_` and `-`. */
  readonly service: string;
  /** What was called, at most 256 characters. A query or fragment is left out, since it may carry keys and signatures. */
  readonly endpoint: string;
  readonly success: boolean;
  /** Why it failed: an error or a text. Known values in it are masked, and it is cut after 500 characters. */
  readonly error?: unknown;
}

export const maxEndpointLength = 256;

/** The same call without the query of its endpoint. @throws KeywardError `invalid`, quoting nothing of it. */
export function checkedApiCall({ service, endpoint, success, error }: ApiCall): ApiCall {
  if (typeof service !== 'string' || !/^[A-Za-z0-9._-]{1,64}$/.test(service)) {
    throw invalid('the service of a call is named by 1 to 64 letters, digits, ".", "_" and "-"');
  }
  if (typeof endpoint !== 'string' || /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u.test(endpoint)) {
    throw invalid('the endpoint of a call is a text without control characters');
  }
  const place = endpoint.replace(/[?#].*$/, '');
  if (place === '' || place.length > maxEndpointLength) {
    throw invalid(`the endpoint of a call has 1 to ${maxEndpointLength} characters before its query`);
  }
  if (typeof success !== 'boolean') throw invalid('whether a call succeeded is true or false');
  return { service, endpoint: place, success, error };
}

function invalid(message: string): KeywardError {
  return new KeywardError('invalid', message, { advice: 'See docs/guide/observability.md.' });
}
