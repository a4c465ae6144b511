import type { DeployedApp, Deployment } from '../../core/deployment.js';
import { KeywardError } from '../../core/errors.js';
import { imageOf } from '../delivered-values.js';
import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { accountOption, appLabels, checkedName, metadataOf } from './object-names.js';
import { bySecret, layoutOption, type SecretValue, secretOptions, secretValues } from './secret-values.js';
import { vaultAnnotations } from './vault-annotations.js';

/** https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/ */
export default defineTarget({
  summary: 'a Deployment: the program in a hardened pod, its secrets as files or variables',
  options: {
    ...secretOptions,
    layout: layoutOption,
    secrets: {
      value: '<how>',
      description: 'volume, env or envFrom of the Secret; csi; vault: its injector; none: the program asks keyward',
      default: 'volume',
      choices: ['volume', 'env', 'envFrom', 'csi', 'vault', 'none'],
    },
    mount: { value: '<folder>', description: 'of the files', default: '/etc/secrets' },
    account: accountOption,
    identity: {
      value: '<cloud>',
      description: 'azure: lets the webhook of workload identity at the pod; others need only the account',
      choices: ['azure'],
    },
    role: { value: '<role>', description: 'in Vault; the name of the program when absent' },
    replicas: { value: '<number>', description: 'of pods', default: '1' },
    memory: { value: '<size>', description: 'at most', default: '512Mi' },
    cpu: { value: '<amount>', description: 'at most', default: '1' },
    restarted: { value: '<time>', description: 'when keyward rotate or kubectl last restarted it, to keep that' },
  },
  async render(deployment, options) {
    const { app } = deployment;
    const { namespace, secrets: how, account = app.name, restarted, identity } = options;
    const values = how === 'none' ? [] : secretValues(deployment, options);
    const handed = handOut[how]?.({ deployment, values, ...options }) ?? {};
    const annotations = {
      ...(restarted !== undefined && { 'kubectl.kubernetes.io/restartedAt': restarted }),
      ...handed.annotations,
    };
    const labels = { ...appLabels(deployment), ...(identity && { 'azure.workload.identity/use': 'true' }) };
    const text = await printYaml({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...metadataOf(app.name, namespace), labels: appLabels(deployment) },
      spec: {
        replicas: replicasOf(options.replicas),
        selector: { matchLabels: appLabels(deployment) },
        template: {
          metadata: { labels, ...(Object.keys(annotations).length > 0 && { annotations }) },
          spec: {
            serviceAccountName: checkedName(account),
            // Vault and the library show the token of the account to a server; nothing else needs one in the pod.
            automountServiceAccountToken: how === 'vault' || how === 'none',
            enableServiceLinks: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: app.uid,
              runAsGroup: app.uid,
              // With it, files of mode 0400 are readable for this group.
              fsGroup: app.uid,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [containerOf(deployment, handed, options)],
            volumes: [{ name: 'tmp', emptyDir: { sizeLimit: '64Mi' } }, ...(handed.volumes ?? [])],
          },
        },
      },
    });
    const next = `Apply it with: kubectl apply -f deployment.yaml${how === 'env' || how === 'envFrom' ? '\nA variable keeps its value until the pod starts again: kubectl rollout restart' : ''}`;
    return [{ path: 'deployment.yaml', text, next }];
  },
});

/** How the values come into the pod. */
interface HandedOut {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly env?: readonly object[];
  readonly envFrom?: readonly object[];
  readonly mounts?: readonly object[];
  readonly volumes?: readonly object[];
}

interface HandOutInput {
  readonly deployment: Deployment;
  readonly values: readonly SecretValue[];
  readonly mount: string;
  readonly keys: string;
  readonly layout: string;
  readonly secret: string | undefined;
  readonly role: string | undefined;
}

const volumeName = 'secrets';

const handOut: Readonly<Record<string, (input: HandOutInput) => HandedOut>> = {
  volume: ({ values, mount }) => {
    const sources = [...bySecret(values)].map(([name, group]) => ({
      name,
      items: fieldsApart(group).map(({ key, fileName }) => ({ key, path: fileName })),
    }));
    const [only] = sources;
    const readable = { defaultMode: 0o400 };
    const volume =
      sources.length === 1 && only !== undefined
        ? { secret: { secretName: only.name, ...readable, items: only.items } }
        : { projected: { ...readable, sources: sources.map((secret) => ({ secret })) } };
    return only === undefined ? {} : { ...asFiles(values, mount), volumes: [{ name: volumeName, ...volume }] };
  },
  csi: ({ values, mount, deployment: { app }, secret }) => {
    const secretProviderClass = checkedName(secret ?? `${app.name}-secrets`);
    const csi = { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { secretProviderClass } };
    return { ...asFiles(values, mount), volumes: [{ name: volumeName, csi }] };
  },
  env: ({ values }) => ({ env: values.flatMap((value) => value.env.map((name) => variableOf(name, value))) }),
  envFrom: ({ values, keys, layout }) => {
    if (keys !== 'upper' || layout !== 'app') {
      throw new KeywardError('invalid', 'with envFrom, the keys of the Secret are the variables', {
        advice: 'Add --set keys=upper here and where the Secret is made, and leave layout out.',
      });
    }
    return {
      envFrom: [...bySecret(values).keys()].map((name) => ({ secretRef: { name } })),
      env: values.flatMap((value) => value.env.slice(1).map((name) => variableOf(name, value))),
    };
  },
  vault: ({ deployment, values, role }) => ({
    annotations: vaultAnnotations(deployment, role ?? deployment.app.name),
    env: fileVariables(values, '/vault/secrets'),
  }),
};

function asFiles(values: readonly SecretValue[], mount: string) {
  return {
    env: fileVariables(values, mount),
    mounts: [{ name: volumeName, mountPath: mount, readOnly: true }],
  };
}

function fileVariables(values: readonly SecretValue[], folder: string): readonly object[] {
  return values.flatMap(({ env, fileName }) =>
    env.map((name) => ({ name: `${name}_FILE`, value: literal(`${folder}/${fileName}`) })),
  );
}

function variableOf(name: string, value: SecretValue): object {
  const [{ secret, key } = value] = fieldsApart([value]);
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}

/** @throws KeywardError `unsupported` where a key holds several fields at once. */
function fieldsApart(values: readonly SecretValue[]): readonly SecretValue[] {
  const whole = values.find(({ isWhole }) => isWhole);
  if (whole === undefined) return values;
  throw new KeywardError('unsupported', `the fields of ${whole.path} lie in one key, and a pod gets whole keys`, {
    path: whole.path,
    advice: 'Leave layout=store out, or use secrets=none and read them with keyward.',
  });
}

/** `$(NAME)` in a value or a command would be a variable's. Source: the field docs of k8s.io/api/core/v1 `EnvVar`. */
const literal = (text: string) => text.replaceAll('$(', '$$$$(');

function containerOf(
  { app, ...rest }: Deployment,
  { env = [], envFrom = [], mounts = [] }: HandedOut,
  { memory, cpu }: { readonly memory: string; readonly cpu: string },
): object {
  return {
    name: app.name,
    image: imageOf({ app, ...rest }),
    ...(app.command && { command: app.command.map(literal) }),
    ...(app.port && { ports: [{ containerPort: app.port }] }),
    ...(envFrom.length > 0 && { envFrom }),
    ...(env.length > 0 && { env }),
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...mounts],
    ...probesOf(app),
    resources: { requests: { memory: '64Mi', cpu: '50m' }, limits: { memory, cpu } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

function probesOf({ health: path, port }: DeployedApp): object {
  if (path === undefined || port === undefined) return {};
  const httpGet = { path, port };
  return { readinessProbe: { httpGet }, livenessProbe: { httpGet, initialDelaySeconds: 10 } };
}

function replicasOf(text: string): number {
  if (/^(?:0|[1-9][0-9]{0,3})$/.test(text)) return Number(text);
  throw new KeywardError('invalid', 'replicas is a number of pods from 0 to 9999');
}
