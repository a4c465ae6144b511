import type { Finding } from '../../core/finding.js';
import { memberOf } from './api-object.js';

/** What is to be said of the credential that a request shows. @param authorization the header, if there is one */
export function credentialFindings(authorization: string | undefined, store: string): readonly Finding[] {
  const [, body] = /^Bearer [\w-]+\.([\w-]+)\.[\w-]+$/.exec(authorization ?? '') ?? [];
  if (body === undefined || memberOf(claimsIn(body), 'exp') !== undefined) return [];
  const cause = 'signs in with a token that never ends';
  const fix = 'Use the one that a pod is given, or: kubectl create token <service account>';
  return [{ severity: 'warning', where: store, cause, fix, link: 'providers/kubernetes.md#sign-in' }];
}

function claimsIn(body: string): unknown {
  try {
    return JSON.parse(Buffer.from(body, 'base64url').toString());
  } catch {
    return { exp: 'not a JWT' };
  }
}
