import { memberOf, textIn } from '../../clients/kubernetes/api-object.js';

/** How a workload comes by a Secret. */
export interface SecretUse {
  readonly secret: string;
  /** As kubectl names it: `deployment/web`. */
  readonly workload: string;
  /** `subPath` is a file mounted by itself, which the kubelet never replaces; `pull` signs in to a registry. */
  readonly how: 'volume' | 'subPath' | 'variables' | 'pull';
  /** Whether the workload starts without it. */
  readonly isOptional: boolean;
  /** Since when the Pod runs; absent for what only describes Pods. */
  readonly since?: Date | undefined;
}

const secretsDriver = 'secrets-store.csi.k8s.io';

/** The uses of a Pod, or of the Pods that a workload makes. Source: PodSpec of the core/v1 API. */
export function secretUses(object: unknown): readonly SecretUse[] {
  const workload = workloadOf(object);
  const spec = podSpecOf(object);
  const since = runningSince(object);
  const use = (how: SecretUse['how'], source: unknown, name = 'name'): readonly SecretUse[] => {
    const secret = textIn(source, name);
    if (!secret) return [];
    return [{ secret, workload, how, isOptional: how === 'pull' || memberOf(source, 'optional') === true, since }];
  };
  const containers = containersOf(spec);
  const alone = containers
    .flatMap((container) => manyIn(container, 'volumeMounts'))
    .filter((mount) => (textIn(mount, 'subPath') ?? textIn(mount, 'subPathExpr')) !== undefined);
  const asFilesAlone = new Set(alone.map((mount) => textIn(mount, 'name')));
  const volumes = manyIn(spec, 'volumes').flatMap((volume) => {
    const how = asFilesAlone.has(textIn(volume, 'name')) ? 'subPath' : 'volume';
    const projected = manyIn(memberOf(volume, 'projected'), 'sources');
    return [
      ...use(how, memberOf(volume, 'secret'), 'secretName'),
      ...projected.flatMap((source) => use(how, memberOf(source, 'secret'))),
      ...use('volume', memberOf(memberOf(volume, 'csi'), 'nodePublishSecretRef')),
    ];
  });
  const variables = containers.flatMap((container) => [
    ...manyIn(container, 'envFrom').flatMap((source) => use('variables', memberOf(source, 'secretRef'))),
    ...manyIn(container, 'env').flatMap((entry) =>
      use('variables', memberOf(memberOf(entry, 'valueFrom'), 'secretKeyRef')),
    ),
  ]);
  return [...volumes, ...variables, ...manyIn(spec, 'imagePullSecrets').flatMap((source) => use('pull', source))];
}

/** The SecretProviderClasses whose files it mounts. */
export function mountedClasses(object: unknown): readonly string[] {
  return manyIn(podSpecOf(object), 'volumes').flatMap((volume) => {
    const csi = memberOf(volume, 'csi');
    if (textIn(csi, 'driver') !== secretsDriver) return [];
    return textIn(memberOf(csi, 'volumeAttributes'), 'secretProviderClass') ?? [];
  });
}

/** What one would restart: of a Pod, whatever made it. */
export function workloadOf(object: unknown): string {
  const meta = memberOf(object, 'metadata');
  const own = `${(textIn(object, 'kind') ?? 'pod').toLowerCase()}/${textIn(meta, 'name') ?? ''}`;
  const owner = manyIn(meta, 'ownerReferences').find((reference) => memberOf(reference, 'controller') === true);
  const [kind, name] = [textIn(owner, 'kind'), textIn(owner, 'name')];
  if (kind === undefined || name === undefined) return own;
  const hash = textIn(memberOf(meta, 'labels'), 'pod-template-hash');
  const isDeployed = kind === 'ReplicaSet' && hash !== undefined && name.endsWith(`-${hash}`);
  return isDeployed ? `deployment/${name.slice(0, -hash.length - 1)}` : `${kind.toLowerCase()}/${name}`;
}

/** Everything that a container of it is started with. */
export function containersOf(podSpec: unknown): readonly unknown[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((name) => manyIn(podSpec, name));
}

export function podSpecOf(object: unknown): unknown {
  const spec = memberOf(object, 'spec');
  const jobSpec = memberOf(memberOf(spec, 'jobTemplate'), 'spec') ?? spec;
  return memberOf(memberOf(jobSpec, 'template'), 'spec') ?? spec;
}

/** The members of a list; none for anything else. */
export function manyIn(object: unknown, name: string): readonly unknown[] {
  const members = memberOf(object, name);
  return Array.isArray(members) ? members : [];
}

function runningSince(object: unknown): Date | undefined {
  const status = memberOf(object, 'status');
  const since = new Date(textIn(status, 'startTime') ?? '');
  return textIn(status, 'phase') === 'Running' && !Number.isNaN(since.getTime()) ? since : undefined;
}
