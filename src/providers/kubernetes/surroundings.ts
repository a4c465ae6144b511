import { memberOf, readMeta, textIn } from '../../clients/kubernetes/api-object.js';
import type { KubernetesClient } from '../../clients/kubernetes/kubernetes-client.js';
import { granted, listItems } from '../../clients/kubernetes/list-items.js';
import { isKeywardError } from '../../core/errors.js';
import type { Finding } from '../../core/finding.js';
import { type Controlled, controllerFindings } from './controller-findings.js';
import { manyIn, secretUses } from './secret-uses.js';
import { type LookedAtNamespace, storesPlainly, workloadFindings } from './workload-findings.js';

const workloadKinds = [
  ['/api/v1', 'Pod'],
  ['/apis/apps/v1', 'Deployment'],
  ['/apis/apps/v1', 'StatefulSet'],
  ['/apis/apps/v1', 'DaemonSet'],
  ['/apis/batch/v1', 'CronJob'],
] as const;
const classesResource = 'secretproviderclasses.secrets-store.csi.x-k8s.io';
/** Of what makes Secrets of other things. */
const controllerGroups = ['external-secrets.io', 'bitnami.com', 'secrets-store.csi.x-k8s.io'];
/** Each is a request where the Secrets may not be listed. */
const mostNames = 100;

/** One look around, with what it has no right to. */
interface Look {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly signal: AbortSignal | undefined;
  readonly unseen: Set<string>;
}

/**
 * What is wrong around the Secrets of a namespace: with what uses them, what makes them, and how the cluster keeps them.
 * No value of a Secret is asked for. What may not be looked at is said and left out.
 *
 * @throws KeywardError as `KubernetesClient.request`.
 */
export async function surroundingFindings(
  client: KubernetesClient,
  place: LookedAtNamespace,
  { now, signal }: { readonly now: number; readonly signal: AbortSignal | undefined },
): Promise<readonly Finding[]> {
  const { store, namespace, names } = place;
  const look: Look = { client, namespace, signal, unseen: new Set() };
  const lists = await Promise.all(
    workloadKinds.map(async ([api, kind]) => {
      const label = `${kind.toLowerCase()}s`;
      const items = await listed(look, `${api}/namespaces/${namespace}/${label}`, { label });
      // What lies in a list does not say what it is.
      return items?.map((item) => ({ ...Object(item), kind }));
    }),
  );
  const workloads = lists.flatMap((list) => list ?? []);
  const mentioned = workloads.flatMap(secretUses);
  const secrets = await knownSecrets(look, new Set([...names, ...mentioned.map(({ secret }) => secret)]));
  const tokens = await listed(look, secretsOf(namespace), {
    label: 'secrets',
    query: 'fieldSelector=type%3Dkubernetes.io%2Fservice-account-token',
  });
  const controlled = await listControlled(look);
  const isClass = ({ resource }: Controlled) => resource === classesResource;
  const classes = controlled.filter(isClass).flatMap(({ object }) => readMeta(object)?.name ?? []);
  const seen = {
    workloads,
    isComplete: lists.every((list) => list !== undefined),
    secrets,
    tokens: (tokens ?? []).flatMap((object) => readMeta(object)?.name ?? []),
    classes: look.unseen.has(classesResource) ? undefined : new Set(classes),
  };
  const rest = controlled.filter((each) => !isClass(each));
  return [
    ...workloadFindings(seen, place),
    ...controllerFindings(rest, { store, namespace, now }),
    ...(await keepingFindings(look)),
  ];
}

/** How the cluster keeps Secrets, as far as its API server shows itself, and what else was not seen. */
async function keepingFindings(look: Look): Promise<readonly Finding[]> {
  const { client, unseen } = look;
  const path = '/api/v1/namespaces/kube-system/pods';
  const label = 'encryption at rest';
  const servers = (await listed(look, path, { label, query: 'labelSelector=component%3Dkube-apiserver' })) ?? [];
  if (servers.length === 0) unseen.add(label);
  const note = (severity: Finding['severity'], cause: string, fix: string): Finding => ({
    severity,
    where: client.store,
    cause,
    fix,
    link: 'providers/kubernetes.md#what-doctor-says',
  });
  const findings: Finding[] = [];
  if (storesPlainly(servers)) {
    const fix = 'Start kube-apiserver with --encryption-provider-config, and write what is there again.';
    findings.push(note('warning', 'etcd holds the Secrets as they are', fix));
  }
  if (unseen.size > 0) {
    const fix = 'Run doctor once as an administrator; whether etcd is encrypted, who runs the cluster knows.';
    findings.push(note('info', `not to be seen from here: ${[...unseen].sort().join(', ')}`, fix));
  }
  return findings;
}

/** The objects; `undefined` where they may not be listed. Of Secrets, all but what they hold. */
async function listed(
  look: Look,
  path: string,
  { label, query }: { readonly label: string; readonly query?: string },
): Promise<readonly unknown[] | undefined> {
  const as = path.endsWith('/secrets') ? 'PartialObjectMetadataList' : undefined;
  const request = { path, as, signal: look.signal, what: `listing ${label}` } as const;
  return whereAllowed(look, label, () => listItems(look.client, request, query));
}

async function discovered(look: Look, path: string): Promise<unknown> {
  const request = { method: 'GET', path, signal: look.signal, what: 'looking at what the cluster has' } as const;
  return whereAllowed(look, path, async () => granted(await look.client.request(request)));
}

async function whereAllowed<T>({ unseen }: Look, label: string, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!isKeywardError(error, 'denied')) throw error;
    unseen.add(label);
    return undefined;
  }
}

function secretsOf(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/secrets`;
}

/** What is known of each Secret: by a list, or else one after the other, where that may be asked. */
async function knownSecrets(look: Look, names: ReadonlySet<string>): Promise<ReadonlyMap<string, unknown>> {
  const { client, namespace, signal } = look;
  const path = secretsOf(namespace);
  const list = await listed(look, path, { label: 'secrets' });
  if (list !== undefined) {
    const there = new Map(list.map((object) => [readMeta(object)?.name, object]));
    return new Map([...names].map((name) => [name, there.get(name)]));
  }
  const known = new Map<string, unknown>();
  for (const name of [...names].slice(0, mostNames)) {
    const answer = await client.request({
      method: 'GET',
      path: `${path}/${encodeURIComponent(name)}`,
      as: 'PartialObjectMetadata',
      signal,
      what: `looking at Secret ${name}`,
    });
    if (answer.refusal === undefined) known.set(name, answer.object);
    else if (answer.refusal.reason === 'NotFound') known.set(name, undefined);
    else if (answer.refusal.reason !== 'Forbidden') throw answer.error;
  }
  return known;
}

/** What controllers make Secrets of, in the first version in which each of their groups has it. */
async function listControlled(look: Look): Promise<readonly Controlled[]> {
  const groups = manyIn(await discovered(look, '/apis'), 'groups');
  const found: Controlled[] = [];
  for (const group of groups) {
    const name = textIn(group, 'name') ?? '';
    if (!controllerGroups.includes(name)) continue;
    const done = new Set<string>();
    for (const entry of manyIn(group, 'versions')) {
      const version = textIn(entry, 'groupVersion') ?? '';
      const kinds = manyIn(await discovered(look, `/apis/${version}`), 'resources');
      const plurals = new Set(kinds.map((kind) => textIn(kind, 'name') ?? ''));
      for (const kind of kinds) {
        const plural = textIn(kind, 'name') ?? '';
        const resource = `${plural}.${name}`;
        const isJudged = plurals.has(`${plural}/status`) || resource === classesResource;
        if (!isJudged || memberOf(kind, 'namespaced') !== true || done.has(plural)) continue;
        done.add(plural);
        const objects = await listed(look, `/apis/${version}/namespaces/${look.namespace}/${plural}`, {
          label: resource,
        });
        found.push(...(objects ?? []).map((object) => ({ resource, object })));
      }
    }
  }
  return found;
}
