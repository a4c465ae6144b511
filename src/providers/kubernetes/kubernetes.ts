import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import type { OptionsOf } from '../../core/options.js';
import { joinPath, parsePath, quoted } from '../../core/path.js';
import type { Capability, Provider } from '../../core/provider.js';
import { defineProviderKind, type ProviderContext, prefixDirectory } from '../../core/provider-kind.js';
import { createRemoteProvider } from '../../core/remote-provider.js';
import { SecretPlaces } from './secret-places.js';

const kind = 'kubernetes';
const capabilities: readonly Capability[] = ['list', 'describe', 'write', 'remove', 'watch'];

const options = {
  context: 'address',
  namespace: 'address',
  kubeconfig: 'file',
  layout: 'text',
  secret: 'text',
  prefix: 'prefix',
  naming: 'text',
  names: 'names',
} as const;

export const kubernetesProviderKind = defineProviderKind({ options, create: createKubernetesProvider });

/** The Secrets of a namespace: one for each document, or one whose keys are the secrets. */
function createKubernetesProvider(given: OptionsOf<typeof options>, context: ProviderContext): Provider {
  const { name, environment, folder, env } = context;
  const prefix = prefixDirectory(given.prefix, environment) ?? '';
  const secret = singleSecret(given, name);
  const stated = Object.entries(given.names ?? {});
  const overrides = new Map(stated.map(([path, native]) => [joinPath(prefix, parsePath(path)), native]));
  const places = new SecretPlaces({ name, prefix, secret, naming: given.naming, overrides });
  return createRemoteProvider({
    name,
    kind,
    traits: {
      managed: true,
      layout: secret === undefined ? 'document' : 'single',
      origin: originOf(given, env, [prefix, secret, stated]),
      placeOf: (path) => {
        const { name, key } = places.of(path);
        return { kind, namespace: given.namespace, name, key };
      },
      limits: {
        versions: false,
        notes: secret === undefined ? undefined : false,
        problemOf: (path) => places.problemOf(path),
      },
    },
    capabilities,
    connect: async () => {
      const { connectKubernetes } = await import('./kubernetes-store.js');
      return connectKubernetes({
        places,
        cluster: {
          store: name,
          context: given.context,
          namespace: given.namespace,
          kubeconfig: given.kubeconfig === undefined ? undefined : resolve(folder, given.kubeconfig),
          project: folder,
          env,
          home: env['HOME'] || homedir(),
        },
      });
    },
  });
}

/** The name of the one Secret that holds all; `undefined` where each document has its own. */
function singleSecret({ layout = 'documents', secret }: OptionsOf<typeof options>, store: string): string | undefined {
  const refuse = (problem: string, advice: string) =>
    new KeywardError('config', `${store}: ${problem}`, { store, advice });
  if (layout === 'single' && secret !== undefined) return secret;
  if (layout === 'single') throw refuse('layout: single does not say which Secret holds all', 'Name it with secret:.');
  if (layout !== 'documents') throw refuse(`${quoted(layout)} is no layout`, 'Use documents or single.');
  if (secret !== undefined) throw refuse('secret: is for layout: single', 'Add layout: single, or leave secret: out.');
  return undefined;
}

/** Only where it is certain which cluster is meant: the current context of a kubeconfig is not kept with it. */
function originOf(
  { context, namespace, kubeconfig, naming }: OptionsOf<typeof options>,
  env: ProviderContext['env'],
  more: readonly unknown[],
): string | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port, KUBECONFIG: files } = env;
  if (context === undefined && (host === undefined || files !== undefined || kubeconfig !== undefined))
    return undefined;
  return JSON.stringify([kubeconfig ?? files, context, host, port, namespace, naming, ...more]);
}
