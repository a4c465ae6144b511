import { type ErrorCode, KeywardError } from '../../core/errors.js';

interface Meaning {
  readonly code: ErrorCode;
  readonly text: string;
  /** `{name}` and `{vault}` stand for what the secret and the vault are called in Azure. */
  readonly advice?: string;
}

const roles = 'See: az role assignment list --scope <id of the vault>; or limit the link with `serves`.';
const denied: Meaning = { code: 'denied', text: 'does not let us do this', advice: roles };
const signIn = 'Sign in with az login, set AZURE_CLIENT_ID and its like, or assign a managed identity.';
const noCredential: Meaning = { code: 'unauthenticated', text: 'has no credential that works', advice: signIn };

const notKeyVault: Meaning = { code: 'invalid', text: 'answered in a form that Key Vault does not have' };

/**
 * What the refusals of Key Vault and of its sign-in mean: by status and the code inside, by status and code, by status
 * alone (`5xx` any of them), or by the name that the package gives its error; the first that is found counts.
 */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['404 SecretNotFound', { code: 'not_found', text: 'does not hold it' }],
  [
    '403 SecretDisabled',
    {
      code: 'deleted',
      text: 'holds it disabled',
      advice: 'Enable it with: az keyvault secret set-attributes --enabled true --vault-name {vault} --name {name}',
    },
  ],
  ['403 ForbiddenByRbac', denied],
  ['403 AccessDenied', { ...denied, advice: 'See: az keyvault show --name {vault} --query properties.accessPolicies' }],
  ['403 ForbiddenByPolicy', { ...denied, text: 'does not let us do this, by a policy' }],
  [
    '403 ForbiddenByFirewall',
    {
      code: 'denied',
      text: 'does not let this address in',
      advice: 'See: az keyvault network-rule list --name {vault}',
    },
  ],
  ['403', denied],
  [
    '409 ObjectIsDeletedButRecoverable',
    {
      code: 'deleted',
      text: 'holds it deleted, and keeps its name until it is purged',
      advice: 'Recover it with: az keyvault secret recover --vault-name {vault} --name {name}; or purge it.',
    },
  ],
  [
    '409 ObjectIsBeingDeleted',
    { code: 'conflict', text: 'is still deleting it', advice: 'Try again in a minute, then recover or purge it.' },
  ],
  [
    '409 ObjectIsBeingRecovered',
    { code: 'conflict', text: 'is still recovering it', advice: 'Try again in a minute.' },
  ],
  ['409', { code: 'conflict', text: 'is at work on it', advice: 'Try again in a minute.' }],
  ['400 BadParameter', { code: 'invalid', text: 'does not take what was sent' }],
  ['413', { code: 'too_large', text: 'takes no value of this size' }],
  ['429', { code: 'throttled', text: 'asks to slow down' }],
  ['5xx', { code: 'unavailable', text: 'cannot answer now' }],
  ['401', { code: 'unauthenticated', text: 'does not take the token', advice: signIn }],
  ['CredentialUnavailableError', noCredential],
  ['AggregateAuthenticationError', noCredential],
  ['AuthenticationError', { code: 'unauthenticated', text: 'does not let us sign in', advice: signIn }],
  ['AuthenticationRequiredError', noCredential],
]);

/** The same without the words. */
export const azureErrors: ReadonlyMap<string, ErrorCode> = new Map(
  [...meanings].map(([said, { code }]) => [said, code]),
);

/** What a failure is about, for its message. */
export interface AzureSubject {
  readonly store: string;
  /** What was asked: `reading app/token`. */
  readonly what: string;
  /** What the secret is called in the vault. */
  readonly name?: string | undefined;
  readonly vault: string;
}

/**
 * A failure of the package in our words. Nothing of its message is repeated, nor the error kept: it quotes the answer,
 * which can name who asked, and holds the request.
 *
 * @param isSignIn Whether it comes from the sign-in, which can end in more ways than the table has.
 */
export function azureFailure(error: unknown, subject: AzureSubject, isSignIn = false): KeywardError {
  if (error instanceof KeywardError) return error;
  const status = String(member(error, 'statusCode') ?? '');
  const refusal = member(member(error, 'details'), 'error');
  const codes = [member(member(refusal, 'innerError'), 'code'), member(error, 'code')];
  const statusKey = status.replace(/^5\d\d$/, '5xx');
  const keys = [...codes.map((code) => `${status} ${String(code)}`), statusKey, String(member(error, 'name'))];
  const found = keys.map((key) => meanings.get(key)).find((meaning) => meaning !== undefined);
  const { store, what, name = '<name>', vault } = subject;
  const { code, text, advice } = found ?? (isSignIn ? noCredential : notKeyVault);
  return new KeywardError(code, `${store} ${text} (${what}${/^\d+$/.test(status) ? `, ${status}` : ''})`, {
    store,
    advice: advice?.replaceAll('{name}', name).replaceAll('{vault}', vault),
  });
}

/** A member of what is not known to be an object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
