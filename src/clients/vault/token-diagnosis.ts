import type { Finding } from '../../core/finding.js';
import { type Members, numberIn, objectIn, textIn, textsIn } from './vault-answer.js';

/** A path of the server and what has to be allowed there. */
export interface NeededPath {
  readonly path: string;
  readonly capability: 'read' | 'create' | 'update' | 'list';
}

/** More than this in one question would be refused by some servers. */
export const mostPaths = 100;

/** Who the token is, as far as the server says: its name there. */
export function identityOf(token: Members): string | undefined {
  const name = textIn(token, 'display_name');
  const policies = textsIn(token, 'policies') ?? [];
  return name === undefined ? undefined : `${name} (policies: ${policies.join(', ') || 'none'})`;
}

/** What is to be said about the token itself. */
export function tokenFindings(token: Members, where: string): readonly Finding[] {
  const findings: Finding[] = [];
  const policies = textsIn(token, 'policies') ?? [];
  if (policies.includes('root')) {
    findings.push({
      severity: 'error',
      where,
      cause: 'the token is a root token: it may do everything',
      fix: 'Make a policy and an AppRole for the application, then: vault token revoke -self',
      link: 'providers/vault.md#set-up',
    });
  } else if (numberIn(token, 'ttl') === 0) {
    const fix = 'Give it an end: vault token create -ttl=1h -policy=…, or sign in by AppRole.';
    findings.push({ severity: 'warning', where, cause: 'the token has no end', fix });
  }
  return findings;
}

/** What the answer to a question for capabilities shows: too little for what is needed, and too much. */
export function capabilityFindings(answer: Members, needed: readonly NeededPath[], where: string): readonly Finding[] {
  const held = objectIn(answer, 'data') ?? answer;
  const findings: Finding[] = [];
  const wanted = grouped(needed);
  const excessive: string[] = [];
  for (const [path, needs] of wanted) {
    const capabilities = textsIn(held, path) ?? [];
    if (capabilities.includes('root')) continue;
    const missing = needs.filter(({ capability }) => !capabilities.includes(capability)).map((need) => need.capability);
    if (missing.length > 0) {
      const cause = `the token lacks ${missing.join(', ')} on ${path}`;
      const fix = `Add it to the policy: path "${path}" { capabilities = ${JSON.stringify(needs.map((need) => need.capability))} }`;
      findings.push({ severity: 'error', where, cause, fix, link: 'providers/vault.md#set-up' });
    }
    const spare = capabilities.filter((one) => ['create', 'update', 'patch', 'delete', 'sudo'].includes(one));
    if (spare.length > 0 && needs.every(({ capability }) => capability === 'read')) excessive.push(path);
  }
  if (excessive.length > 0) {
    const more = excessive.length === 1 ? '' : ` and ${excessive.length - 1} more`;
    const cause = `the token may also change ${excessive[0]}${more}, and nothing here writes to it`;
    findings.push({ severity: 'warning', where, cause, fix: 'Use a token with a policy that only reads.' });
  }
  return findings;
}

function grouped(needed: readonly NeededPath[]): ReadonlyMap<string, readonly NeededPath[]> {
  const groups = new Map<string, NeededPath[]>();
  for (const need of needed) groups.set(need.path, [...(groups.get(need.path) ?? []), need]);
  return groups;
}
