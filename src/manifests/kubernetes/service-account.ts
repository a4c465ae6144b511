import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { stated } from './link-values.js';
import { accountOption, appLabels, metadataOf, namespaceOption } from './object-names.js';

/** Source: the pages of the three clouds on workload identity: EKS IRSA, GKE, and azwi of AKS. */
export default defineTarget({
  summary: 'a ServiceAccount, which a cloud takes for an identity of its own: EKS, GKE, AKS',
  options: {
    namespace: namespaceOption,
    account: accountOption,
    cloud: { value: '<cloud>', description: 'aws, gcp or azure; none when absent', choices: ['aws', 'gcp', 'azure'] },
    identity: { value: '<id>', description: 'ARN of the role, e-mail of the service account, or client id' },
    tenant: { value: '<id>', description: 'of Azure, where it is not that of the cluster' },
  },
  async render(deployment, { namespace, account = deployment.app.name, cloud, identity, tenant }) {
    const annotations = cloud === undefined ? undefined : annotationsOf(cloud, stated(identity, 'identity'), tenant);
    const text = await printYaml({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: {
        ...metadataOf(account, namespace),
        labels: appLabels(deployment),
        ...(annotations && { annotations }),
      },
      automountServiceAccountToken: false,
    });
    return [{ path: 'service-account.yaml', text, next: cloud && nextStep(cloud) }];
  },
});

function annotationsOf(cloud: string, identity: string, tenant: string | undefined): Readonly<Record<string, string>> {
  if (cloud === 'aws') return { 'eks.amazonaws.com/role-arn': identity };
  if (cloud === 'gcp') return { 'iam.gke.io/gcp-service-account': identity };
  return {
    'azure.workload.identity/client-id': identity,
    ...(tenant !== undefined && { 'azure.workload.identity/tenant-id': tenant }),
  };
}

function nextStep(cloud: string): string {
  if (cloud === 'aws') return 'The trust policy of the role must name this account (sub) and sts.amazonaws.com (aud).';
  if (cloud === 'gcp') return 'Give this account roles/iam.workloadIdentityUser on the service account.';
  return 'Add a federated credential for this account, and deploy with --set identity=azure.';
}
