import type { Finding } from '../../core/finding.js';
import { memberOf } from './api-object.js';

/** What the API server lets an identity do with Secrets of a namespace. */
export interface SecretRule {
  readonly verbs: readonly string[];
  /** Of which Secrets; empty for all. */
  readonly names: readonly string[];
}

/** The rules of a SelfSubjectRulesReview that concern Secrets; `undefined` when it has not that form. */
export function readSecretRules(review: unknown): readonly SecretRule[] | undefined {
  const rules = memberOf(memberOf(review, 'status'), 'resourceRules');
  if (!Array.isArray(rules)) return undefined;
  const textsIn = (rule: unknown, name: string): readonly string[] => {
    const texts = memberOf(rule, name);
    return Array.isArray(texts) ? texts.filter((text) => typeof text === 'string') : [];
  };
  const concerns = (rule: unknown, name: string, text: string) =>
    textsIn(rule, name).some((allowed) => allowed === text || allowed === '*');
  return rules
    .filter((rule) => concerns(rule, 'apiGroups', '') && concerns(rule, 'resources', 'secrets'))
    .map((rule) => ({ verbs: textsIn(rule, 'verbs'), names: textsIn(rule, 'resourceNames') }));
}

export interface NeededAccess {
  readonly store: string;
  readonly namespace: string;
  /** Of the Secrets. */
  readonly names: readonly string[];
  readonly writes: boolean;
}

/** What is missing of what is needed, and what is more than that. */
export function accessFindings(rules: readonly SecretRule[], needed: NeededAccess): readonly Finding[] {
  const { store, namespace, names, writes } = needed;
  const may = (verb: string, name: string | undefined) =>
    rules.some(
      (rule) =>
        (rule.verbs.includes(verb) || rule.verbs.includes('*')) &&
        (rule.names.length === 0 || (name !== undefined && rule.names.includes(name))),
    );
  const note = (severity: Finding['severity'], cause: string, fix: string): Finding => ({
    severity,
    where: store,
    cause,
    fix,
    link: 'providers/kubernetes.md',
  });
  const findings: Finding[] = [];
  for (const verb of writes ? ['get', 'patch'] : ['get']) {
    const missing = names.filter((name) => !may(verb, name));
    if (missing.length === 0) continue;
    const only = missing.map((name) => `--resource-name=${name}`).join(' ');
    const fix = `kubectl create role keyward-${verb} -n ${namespace} --verb=${verb} --resource=secrets ${only}, and bind it.`;
    findings.push(note('error', `may not ${verb} the Secrets ${missing.join(', ')}`, fix));
  }
  if (writes && !may('create', undefined)) {
    findings.push(
      note('error', 'may not create Secrets', `kubectl create role … -n ${namespace} --verb=create --resource=secrets`),
    );
  }
  const all = ['get', 'list', 'watch'].filter((verb) => may(verb, undefined));
  if (all.length > 0) {
    findings.push(
      note(
        'warning',
        `may ${all.join(', ')} every Secret of ${namespace}, and so read all of them`,
        'Name the Secrets in the role (resourceNames), where listing and live refresh are not needed.',
      ),
    );
  }
  return findings;
}
