import type { Deployment } from '../../core/deployment.js';
import type { StorePlace } from '../../core/store-place.js';
import { defineTarget, type ManifestFile, type OptionValues } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { operatorKinds } from './external-secret.js';
import { linkOption, stated, valuesInLink } from './link-values.js';
import { accountOption, checkedName, metadataOf, namespaceOption } from './object-names.js';

const options = {
  link: linkOption,
  store: { value: '<name>', description: 'of the object; that of the store in the chain when absent' },
  account: accountOption,
  role: { value: '<role>', description: 'in Vault; the name of the program when absent' },
  auth: { value: '<mount>', description: 'of the kubernetes sign-in of Vault', default: 'kubernetes' },
  server: { value: '<url>', description: 'of Vault, or of a Keyward server' },
  region: { value: '<region>', description: 'of AWS' },
  project: { value: '<id>', description: 'of Google Cloud' },
  tenant: { value: '<id>', description: 'of Azure' },
  token: { value: '<name>', description: 'a Secret whose key `token` opens Keyward', default: 'keyward-token' },
} as const;

/** https://external-secrets.io/latest/api/secretstore/ */
export const secretStore = defineTarget({
  summary: 'a SecretStore: how the External Secrets Operator signs in, by a service account and no key',
  options: { ...options, namespace: namespaceOption },
  render: (deployment, given) => storeFile(deployment, given, 'SecretStore'),
});

export const clusterSecretStore = defineTarget({
  summary: 'a ClusterSecretStore: the same for all namespaces',
  options: {
    ...options,
    namespace: { value: '<namespace>', description: 'of the service account', isRequired: true },
  },
  render: (deployment, given) => storeFile(deployment, given, 'ClusterSecretStore'),
});

type StoreOptions = OptionValues<typeof options> & { readonly namespace: string | undefined };

async function storeFile(
  deployment: Deployment,
  given: StoreOptions,
  kind: 'SecretStore' | 'ClusterSecretStore',
): Promise<readonly ManifestFile[]> {
  const isCluster = kind === 'ClusterSecretStore';
  const { link, first } = valuesInLink(deployment, operatorKinds, given.link);
  const reference = (name: string) => metadataOf(name, isCluster ? given.namespace : undefined);
  const text = await printYaml({
    apiVersion: 'external-secrets.io/v1',
    kind,
    metadata: metadataOf(given.store ?? link, isCluster ? undefined : given.namespace),
    spec: { provider: providerOf(first, deployment.app.name, given, reference) },
  });
  const path = isCluster ? 'cluster-secret-store.yaml' : 'secret-store.yaml';
  const next =
    first.kind === 'keyward'
      ? `The Secret ${given.token} needs the label external-secrets.io/type=webhook, or the operator does not read it.`
      : `Let the service account ${given.account ?? deployment.app.name} read there, and nothing else.`;
  return [{ path, text, next }];
}

function providerOf(
  place: StorePlace,
  app: string,
  given: StoreOptions,
  reference: (name: string) => { readonly name: string },
): object {
  const serviceAccountRef = reference(given.account ?? app);
  switch (place.kind) {
    case 'vault':
      return {
        vault: {
          server: stated(given.server ?? place.address, 'server'),
          path: place.mount,
          version: 'v2',
          ...(place.namespace !== undefined && { namespace: place.namespace }),
          auth: { kubernetes: { mountPath: given.auth, role: given.role ?? app, serviceAccountRef } },
        },
      };
    case 'aws':
    case 'ssm':
      return {
        aws: {
          service: place.kind === 'aws' ? 'SecretsManager' : 'ParameterStore',
          region: stated(given.region ?? place.region, 'region'),
          auth: { jwt: { serviceAccountRef } },
        },
      };
    case 'gcp':
      return {
        gcpsm: {
          projectID: stated(given.project ?? place.project, 'project'),
          ...(place.location !== undefined && { location: place.location }),
          auth: { workloadIdentity: { serviceAccountRef } },
        },
      };
    case 'azure':
      return {
        azurekv: {
          vaultUrl: place.vault,
          ...(given.tenant !== undefined && { tenantId: given.tenant }),
          authType: 'WorkloadIdentity',
          serviceAccountRef,
        },
      };
    case 'kubernetes':
      return {
        kubernetes: {
          remoteNamespace: checkedName(stated(place.namespace, 'namespace')),
          server: { caProvider: { type: 'ConfigMap', ...reference('kube-root-ca.crt'), key: 'ca.crt' } },
          auth: { serviceAccount: serviceAccountRef },
        },
      };
    case 'keyward':
      return {
        webhook: {
          // The operator writes a slash as %2F; the path has its own.
          url: `${stated(given.server, 'server')}/v1/secret/data/{{ .remoteRef.key | replace "%2F" "/" }}`,
          headers: { 'X-Vault-Token': '{{ print .auth.token }}' },
          result: { jsonPath: '$.data.data["{{ .remoteRef.property }}"]' },
          secrets: [{ name: 'auth', secretRef: reference(given.token) }],
        },
      };
  }
}
