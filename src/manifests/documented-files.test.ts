import { describe, expect, test } from 'vitest';
import { deployedBot, deployedSecret } from '../../test/deployed-bot.js';
import { parsePath } from '../core/path.js';
import type { StorePlace } from '../core/store-place.js';
import { manifest } from './index.js';

/** A file or a set of commands that a document shows below a heading, and what of it has to be there. */
type Shown = readonly [
  heading: string,
  target: string,
  options: Readonly<Record<string, string>>,
  parts: readonly (string | RegExp)[],
];

const account = '123456789012';

const documents: Readonly<Record<string, readonly Shown[]>> = {
  H: [
    ['Creating Secrets', 'swarm', {}, ['docker secret create binance_api_key -']],
    [
      'Using Secrets in Docker Compose',
      'compose',
      { secrets: 'external' },
      ['BINANCE_API_KEY_FILE: /run/secrets/binance_api_key', /binance_api_key:\n +external: true/],
    ],
    ['Creating Secrets: from files', 'compose', {}, ['file: ./secrets/postgres_password']],
    [
      'Docker Compose File Mounting',
      'compose',
      { secrets: 'folder' },
      [/source: \.\/secrets\n +target: \/run\/secrets\n +read_only: true/],
    ],
    ['Secrets Directory Structure', 'compose', { secrets: 'nested' }, ['/run/secrets/exchange/binance/api_key']],
    ['Security Best Practices: .gitignore', 'gitignore', {}, ['.env.secrets\nsecrets/\n*.key\n*.pem\n']],
    ['Monitoring and Alerting', 'prometheus', {}, ['alert: SecretAccessUnusual', 'alert: SecretMissing']],
  ],
  D: [
    ['Docker Integration', 'compose-vault', {}, ['VAULT_ADDR: https://vault:8200', 'VAULT_NAMESPACE: dsta']],
    [
      'AWS Secrets Manager: IAM roles',
      'aws-iam',
      { account },
      ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret', 'secret:dsta/exchange/binance-??????'],
    ],
    [
      'Terraform Example',
      'terraform',
      { store: 'aws' },
      ['name        = "dsta/exchange/binance"', 'secret_string_wo         = jsonencode(var.exchange_binance)'],
    ],
    [
      'Access Control: read-only policy',
      'vault-policy',
      {},
      ['path "secret/data/exchange/binance" {\n  capabilities = ["read"]\n}'],
    ],
    [
      'Access Control: admin policy',
      'vault-policy',
      { access: 'manage' },
      ['capabilities = ["create", "read", "update", "delete"]'],
    ],
    [
      'Vault Setup',
      'setup-vault',
      {},
      ['vault secrets enable', '-version=2 kv', 'vault policy write', 'vault audit enable file'],
    ],
  ],
  V: [
    ['AWS Secrets Manager: grant', 'aws-iam', { account }, ['"Effect": "Allow"']],
    [
      'HashiCorp Vault: policy and AppRole',
      'setup-vault',
      {},
      ['vault auth enable approle', 'vault write auth/approle/role/bot', 'token_ttl=1h', 'token_max_ttl=4h'],
    ],
    ['Step 4: .gitignore', 'gitignore', {}, ['.env\n.env.*\n!.env.example\n']],
  ],
  C: [
    [
      'GitHub Repository Settings',
      'codeowners',
      { team: '@security-team', also: '/dagster.yaml' },
      ['/.env* @security-team', '/dagster.yaml @security-team'],
    ],
    [
      'Firewall Rules',
      'egress',
      { also: 'huggingface.co' },
      ['allow api.binance.com', 'allow fapi.binance.com', 'allow huggingface.co', '--dport 443'],
    ],
    [
      'Dependabot Configuration',
      'dependabot',
      { packages: 'pip', reviewer: 'security-team' },
      ['package-ecosystem: pip', 'interval: weekly', 'open-pull-requests-limit: 5', '- security-team'],
    ],
    [
      'Dockerfile Best Practices',
      'dockerfile',
      { language: 'python' },
      ['FROM python:3.11.7-slim-bookworm', 'pip install --no-cache-dir', 'USER 10001:10001', 'EXPOSE 8080'],
    ],
    [
      'Docker Compose Security',
      'compose',
      { memory: '4G' },
      ['read_only: true', '- /tmp', /cap_drop:\n +- ALL/, 'no-new-privileges:true', 'memory: 4G'],
    ],
  ],
  N: [
    [
      'Setup Vault Server',
      'vault-server',
      {},
      ['storage "file"', 'Type=notify', 'LimitNOFILE=65536', 'ui       = true'],
    ],
    ['Configure Vault', 'setup-vault', {}, ['vault policy write', 'role-id', 'secret-id']],
    [
      'Docker Compose with Vault',
      'compose-vault',
      {},
      ['IPC_LOCK', 'VAULT_ROLE_ID_FILE', 'vault-data', '127.0.0.1:8200:8200'],
    ],
    [
      'Kubernetes with Vault: template of the agent',
      'vault-agent',
      {},
      ['{{ with secret \\"secret/data/exchange/binance\\" }}'],
    ],
    ['IAM Policy', 'aws-iam', { account }, ['"Version": "2012-10-17"']],
    [
      'ECS Task Definition',
      'ecs',
      { account },
      [
        '"taskRoleArn": "arn:aws:iam::123456789012:role/bot-task"',
        '"executionRoleArn"',
        ':secret:dsta/exchange/binance:api_key::"',
      ],
    ],
    [
      'Google Secret Manager: setup',
      'setup-gcp',
      {},
      ['gcloud services enable secretmanager.googleapis.com', 'gcloud secrets create'],
    ],
    [
      'Google Secret Manager: grant',
      'gcp-iam',
      { account: 'sa@p.iam.gserviceaccount.com' },
      ['gcloud secrets add-iam-policy-binding', '--role=roles/secretmanager.secretAccessor'],
    ],
    [
      'Cloud Run Configuration',
      'cloud-run',
      {},
      ['apiVersion: serving.knative.dev/v1', 'maxScale: "10"', 'serviceAccountName:', 'key: latest'],
    ],
    [
      'Azure Key Vault: setup',
      'setup-azure',
      { group: 'neural-rg' },
      ['az keyvault create', '--resource-group neural-rg'],
    ],
    [
      'Azure Key Vault: grant',
      'azure-rbac',
      { identity: 'id', group: 'g', subscription: 's' },
      ["'Key Vault Secrets User'"],
    ],
  ],
};

function placesAt(path: string): readonly StorePlace[] {
  const name = path.replaceAll(/[/_]/g, '-');
  return [
    { kind: 'vault', address: 'https://vault.example.com', namespace: 'dsta', mount: 'secret', name: path },
    { kind: 'aws', region: 'us-east-1', name: `dsta/${path}` },
    { kind: 'gcp', project: 'neural-project', location: undefined, name },
    { kind: 'azure', vault: 'https://neural-vault.vault.azure.net', name },
  ];
}

const named = (path: string, names: Readonly<Record<string, string>>) => ({
  ...deployedSecret(path),
  path: parsePath(path),
  values: Object.entries(names).map(([field, name]) => ({ field: field || undefined, env: [name], form: undefined })),
  places: placesAt(path).map((place) => ({ link: place.kind, place })),
});

const shownDeployment = {
  ...deployedBot,
  secrets: [
    named('exchange/binance', { api_key: 'BINANCE_API_KEY', api_secret: 'BINANCE_SECRET_KEY' }),
    named('database/postgres/password', { '': 'POSTGRES_PASSWORD' }),
  ],
};

describe('every deployment file shown in the documents is reproduced, but for those of Kubernetes', () => {
  const rows = Object.entries(documents).flatMap(([document, shown]) =>
    shown.map(([heading, target, options, parts]) => ({ document, heading, target, options, parts })),
  );

  test.each(rows)('$document, "$heading": $target', async ({ target, options, parts }) => {
    const files = await manifest(target, shownDeployment, options);
    const text = files.map((file) => file.text).join('\n');
    for (const part of parts) {
      if (typeof part === 'string') expect(text).toContain(part);
      else expect(text).toMatch(part);
    }
  });
});
