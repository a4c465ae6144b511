import { awsProviderKind } from '../providers/aws/aws.js';
import { azureProviderKind } from '../providers/azure/azure.js';
import { dotenvProviderKind } from '../providers/dotenv/dotenv.js';
import { envProviderKind } from '../providers/env/env.js';
import { execProviderKind } from '../providers/exec/exec.js';
import { filesProviderKind } from '../providers/files/files.js';
import { gcpProviderKind } from '../providers/gcp/gcp.js';
import { keywardProviderKind } from '../providers/keyward/keyward.js';
import { kubernetesProviderKind } from '../providers/kubernetes/kubernetes.js';
import { sealedProviderKind } from '../providers/sealed/sealed.js';
import { ssmProviderKind } from '../providers/ssm/ssm.js';
import { vaultProviderKind } from '../providers/vault/vault.js';

/** The drivers of backing stores, by their key in `providers:`. */
export const providers = {
  keyward: keywardProviderKind,
  env: envProviderKind,
  dotenv: dotenvProviderKind,
  files: filesProviderKind,
  exec: execProviderKind,
  sealed: sealedProviderKind,
  vault: vaultProviderKind,
  gcp: gcpProviderKind,
  azure: azureProviderKind,
  kubernetes: kubernetesProviderKind,
  aws: awsProviderKind,
  ssm: ssmProviderKind,
} as const;
