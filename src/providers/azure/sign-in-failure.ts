import { KeywardError } from '../../core/errors.js';
import { azureFailure, member } from './azure-errors.js';

/**
 * How the package's own sign-in ends when nothing that could judge the credential has answered, by the word that its texts
 * begin with. An answer without a token and without an error is that of no sign-in service either.
 *
 * Source: `ClientAuthErrorCodes` of @azure/msal-common, and what the package does with them (4.13).
 */
const outages =
  /^(?:network_error|endpoints_resolution_error|openid_config_error|no_network_connectivity|temporarily_unavailable)\b|^Response had no "expiresOn"/;

/**
 * A failed sign-in in our words: an outage where it could not be asked, else a refusal.
 *
 * @param isKnown Whether there is an identity. Elsewhere nobody answers for a managed one because there is none.
 */
export function signInFailure(error: unknown, store: string, isKnown: boolean): KeywardError {
  if (!isOutage(error, isKnown)) return azureFailure(error, { store, what: 'signing in', vault: '<vault>' }, true);
  return new KeywardError('unavailable', `${store}: the sign-in of Azure could not be reached, or cannot answer now`, {
    store,
    advice: 'Check the network, AZURE_AUTHORITY_HOST, and https://status.entra.microsoft.com; then try again.',
  });
}

function isOutage(error: unknown, isKnown: boolean): boolean {
  const description = member(member(error, 'errorResponse'), 'errorDescription');
  if (typeof description === 'string' && outages.test(description)) return true;
  // As Node and the packages' HTTP client name a request without an answer.
  const code = member(error, 'code');
  if (typeof code === 'string' && /^(?:E[A-Z_]+|REQUEST_SEND_ERROR)$/.test(code)) return true;
  const tried = member(error, 'errors');
  const failures = Array.isArray(tried) ? tried : [error];
  const wordsOf = (failure: unknown) => [member(member(failure, 'cause'), 'errorCode'), member(failure, 'message')];
  return isKnown && failures.flatMap(wordsOf).some((word) => outages.test(String(word)));
}
