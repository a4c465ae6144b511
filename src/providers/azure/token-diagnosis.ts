import type { Finding } from '../../core/finding.js';
import type { Diagnosis } from '../../core/provider.js';
import { member } from './azure-errors.js';

/**
 * What an access token says of whom it was given to. Nothing of it is verified, which is for the vault to do: it is only
 * shown. Claims as in https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
 *
 * @param token A JWT; of anything else nothing is told.
 */
export function tokenDiagnosis(token: string, where: string): Diagnosis {
  const claims = claimsOf(token);
  const claim = (name: string): string | undefined => {
    const value = member(claims, name);
    return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value) ? value : undefined;
  };
  const named = (kind: string, value: string | undefined) => (value === undefined ? [] : [`${kind} ${value}`]);
  const known = [
    ...named('user', claim('upn')),
    ...named('app', claim('appid') ?? claim('azp')),
    ...named('object', claim('oid')),
    ...named('tenant', claim('tid')),
  ];
  const finding: Finding = {
    severity: 'warning',
    where,
    cause: 'signs in with a client secret, which lives for months',
    fix: 'Use a managed identity or workload identity.',
    link: 'providers/azure.md#set-up',
  };
  const isBySecret = (claim('appidacr') ?? claim('azpacr')) === '1';
  return { identity: known.length === 0 ? undefined : known.join(', '), findings: isBySecret ? [finding] : [] };
}

function claimsOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  } catch {
    return undefined;
  }
}
