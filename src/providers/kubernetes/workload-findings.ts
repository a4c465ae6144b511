import { memberOf, readMeta, textIn } from '../../clients/kubernetes/api-object.js';
import type { Finding } from '../../core/finding.js';
import {
  containersOf,
  manyIn,
  mountedClasses,
  podSpecOf,
  type SecretUse,
  secretUses,
  workloadOf,
} from './secret-uses.js';

/** What was seen of a namespace. */
export interface Surroundings {
  /** Pods, and what makes Pods. */
  readonly workloads: readonly unknown[];
  /** Whether these are all there are. */
  readonly isComplete: boolean;
  /** What is known of Secrets but their values, by name; `undefined` for one that is not there. */
  readonly secrets: ReadonlyMap<string, unknown>;
  /** The tokens of service accounts that are kept as Secrets. */
  readonly tokens: readonly string[];
  /** The SecretProviderClasses by name; `undefined` where they may not be listed. */
  readonly classes: ReadonlySet<string> | undefined;
}

export interface LookedAtNamespace {
  readonly store: string;
  readonly namespace: string;
  /** Names of the Secrets that the project has there. */
  readonly names: readonly string[];
  readonly writes: boolean;
}

const link = 'providers/kubernetes.md#what-doctor-says';

/** What the objects of a namespace show about its Secrets. */
export function workloadFindings(seen: Surroundings, place: LookedAtNamespace): readonly Finding[] {
  const { workloads, isComplete, secrets, tokens, classes } = seen;
  const { store, namespace, names, writes } = place;
  const findings: Finding[] = [];
  const note = (severity: Finding['severity'], cause: string, fix: string) =>
    findings.push({ severity, where: `${store} (${namespace})`, cause, fix, link });
  const uses = workloads.flatMap(secretUses);
  const usersOf = (of: readonly SecretUse[]) => [...new Set(of.map(({ workload }) => workload))].join(', ');
  const restart = (of: readonly SecretUse[]) =>
    `After a change: kubectl rollout restart -n ${namespace} ${usersOf(of).replaceAll(', ', ' ')}`;

  for (const name of new Set(uses.map(({ secret }) => secret))) {
    const without = uses.filter(({ secret, isOptional }) => secret === name && !isOptional);
    if (without.length === 0 || !secrets.has(name) || secrets.get(name) !== undefined) continue;
    const fix = `keyward set …, or: kubectl create secret generic ${name} -n ${namespace} --from-literal=…`;
    note('error', `there is no Secret ${name}, which ${usersOf(without)} cannot start without`, fix);
  }
  for (const object of workloads) {
    const missing = classes === undefined ? [] : mountedClasses(object).filter((name) => !classes.has(name));
    for (const name of missing) {
      const fix = `kubectl get secretproviderclasses -n ${namespace}`;
      note('error', `there is no SecretProviderClass ${name}, which ${workloadOf(object)} mounts`, fix);
    }
  }
  for (const name of names.filter((each) => secrets.get(each) !== undefined)) {
    const object = secrets.get(name);
    const changedAt = readMeta(object)?.changedAt ?? new Date(0);
    const fixed = uses.filter(({ secret, how }) => secret === name && (how === 'variables' || how === 'subPath'));
    const former = fixed.filter(({ since }) => since !== undefined && since < changedAt);
    const current = (how: SecretUse['how']) =>
      fixed.filter((use) => use.how === how && former.every(({ workload }) => workload !== use.workload));
    if (former.length > 0) {
      note('warning', `${usersOf(former)} runs with ${name} as it was before its last change`, restart(former));
    }
    if (current('variables').length > 0) {
      const cause = `${name} reaches ${usersOf(current('variables'))} as variables, which stay as they are until the next start`;
      note('warning', cause, `Mount it as a volume. ${restart(current('variables'))}`);
    }
    if (current('subPath').length > 0) {
      const cause = `${usersOf(current('subPath'))} mounts a file of ${name} by subPath, which never changes while it runs`;
      note('warning', cause, `Mount the folder. ${restart(current('subPath'))}`);
    }
    if (writes && isImmutable(object)) {
      const fix = `kubectl delete secret ${name} -n ${namespace}, then write it again`;
      note('warning', `${name} is immutable and cannot be rotated in place`, fix);
    }
    const owner = writes ? ownerOf(object) : undefined;
    if (owner !== undefined) {
      note(
        'warning',
        `what is written to ${name} is undone by ${owner}, which makes it`,
        `Write where ${owner} reads.`,
      );
    }
  }
  const unused = names.filter((name) => secrets.get(name) !== undefined && uses.every(({ secret }) => secret !== name));
  if (isComplete && unused.length > 0) {
    const fix = 'Nothing to do where programs read them through Keyward; else take them away: keyward purge';
    note('info', `no workload uses ${unused.join(', ')}`, fix);
  }
  if (tokens.length > 0) {
    const fix = `Use tokens that end (kubectl create token), then: kubectl delete secret -n ${namespace} ${tokens.join(' ')}`;
    note('warning', `tokens of service accounts that never end: ${tokens.join(', ')}`, fix);
  }
  return findings;
}

/** Whether a kube-apiserver that runs as these Pods writes Secrets to etcd as they are. */
export function storesPlainly(servers: readonly unknown[]): boolean {
  const argumentsOf = (container: unknown) => [...manyIn(container, 'command'), ...manyIn(container, 'args')];
  return servers.some((pod) =>
    containersOf(podSpecOf(pod))
      .flatMap(argumentsOf)
      .every((argument) => !String(argument).startsWith('--encryption-provider-config')),
  );
}

/** By who set the field: the API does not show it without the values. */
function isImmutable(object: unknown): boolean {
  return manyIn(memberOf(object, 'metadata'), 'managedFields').some(
    (entry) => memberOf(memberOf(entry, 'fieldsV1'), 'f:immutable') !== undefined,
  );
}

function ownerOf(object: unknown): string | undefined {
  const owners = manyIn(memberOf(object, 'metadata'), 'ownerReferences');
  const kinds = ['ExternalSecret', 'SealedSecret', 'SecretProviderClassPodStatus'];
  const owner = owners.find((reference) => kinds.includes(textIn(reference, 'kind') ?? ''));
  return owner === undefined ? undefined : `${textIn(owner, 'kind')} ${textIn(owner, 'name')}`;
}
