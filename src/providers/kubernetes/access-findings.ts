import { memberOf } from '../../clients/kubernetes/api-object.js';
import type { Finding } from '../../core/finding.js';

/** What the API server lets an identity do in a namespace. */
export interface AccessRule {
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Of which objects; empty for all. */
  readonly names: readonly string[];
}

/** The rules of a SelfSubjectRulesReview; `undefined` when it has not that form. */
export function readRules(review: unknown): readonly AccessRule[] | undefined {
  const rules = memberOf(memberOf(review, 'status'), 'resourceRules');
  if (!Array.isArray(rules)) return undefined;
  const textsIn = (rule: unknown, name: string): readonly string[] => {
    const texts = memberOf(rule, name);
    return Array.isArray(texts) ? texts.filter((text) => typeof text === 'string') : [];
  };
  return rules.map((rule) => ({
    groups: textsIn(rule, 'apiGroups'),
    resources: textsIn(rule, 'resources'),
    verbs: textsIn(rule, 'verbs'),
    names: textsIn(rule, 'resourceNames'),
  }));
}

export interface NeededAccess {
  readonly store: string;
  readonly namespace: string;
  /** Of the Secrets. */
  readonly names: readonly string[];
  readonly writes: boolean;
}

/**
 * Whoever may create these reads any Secret of the namespace without a right to it: by mounting it, or as another.
 * Source: kubernetes.io/docs/concepts/security/rbac-good-practices.
 */
const detours = [
  { group: '', resource: 'pods' },
  { group: '', resource: 'pods/exec' },
  { group: '', resource: 'serviceaccounts/token' },
  { group: 'apps', resource: 'deployments' },
  { group: 'batch', resource: 'jobs' },
];

/** What is missing of what is needed, and what is more than that. */
export function accessFindings(rules: readonly AccessRule[], needed: NeededAccess): readonly Finding[] {
  const { store, namespace, names, writes } = needed;
  const covers = (texts: readonly string[], text: string) => texts.includes(text) || texts.includes('*');
  const may = (verb: string, name?: string, { group, resource } = { group: '', resource: 'secrets' }) =>
    rules.some(
      (rule) =>
        covers(rule.groups, group) &&
        covers(rule.resources, resource) &&
        covers(rule.verbs, verb) &&
        (rule.names.length === 0 || (name !== undefined && rule.names.includes(name))),
    );
  const note = (severity: Finding['severity'], cause: string, fix: string): Finding => ({
    severity,
    where: store,
    cause,
    fix,
    link: 'providers/kubernetes.md#set-up',
  });
  const findings: Finding[] = [];
  for (const verb of writes ? ['get', 'patch'] : ['get']) {
    const missing = names.filter((name) => !may(verb, name));
    if (missing.length === 0) continue;
    const only = missing.map((name) => `--resource-name=${name}`).join(' ');
    const fix = `kubectl create role keyward-${verb} -n ${namespace} --verb=${verb} --resource=secrets ${only}, and bind it.`;
    findings.push(note('error', `may not ${verb} the Secrets ${missing.join(', ')}`, fix));
  }
  if (writes && !may('create')) {
    findings.push(
      note('error', 'may not create Secrets', `kubectl create role … -n ${namespace} --verb=create --resource=secrets`),
    );
  }
  const all = ['get', 'list', 'watch'].filter((verb) => may(verb));
  if (all.length > 0) {
    findings.push(
      note(
        'warning',
        `may ${all.join(', ')} every Secret of ${namespace}, and so read all of them`,
        'Name the Secrets in the role (resourceNames), where listing and live refresh are not needed.',
      ),
    );
  }
  const around = detours.filter((kind) => may('create', undefined, kind)).map(({ resource }) => resource);
  if (around.length > 0) {
    findings.push(
      note(
        'warning',
        `may create ${around.join(', ')} in ${namespace}, and so use every Secret of it without a right to it`,
        'Give what reads secrets a service account of its own, which rolls nothing out.',
      ),
    );
  }
  return findings;
}
