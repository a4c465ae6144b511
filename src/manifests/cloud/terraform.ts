import type { DeployedSecret, Deployment } from '../../core/deployment.js';
import { KeywardError } from '../../core/errors.js';
import type { StorePlace } from '../../core/store-place.js';
import { hclName, hclText } from '../hcl-text.js';
import { defineTarget } from '../manifest.js';
import { type Placed, placesOfKind } from '../places-of-kind.js';
import { vaultName } from '../policies/azure-rbac.js';

/** Arguments and blocks in order: a text is an expression, a list is a block for each element. */
interface Body {
  readonly [name: string]: string | readonly Body[];
}

type Blocks = Readonly<Record<string, Body>>;

interface Cloud {
  readonly provider: readonly [name: string, source: string, version: string];
  readonly blocks: (deployment: Deployment, reader: string | undefined) => Blocks;
}

/**
 * https://developer.hashicorp.com/terraform/language/manage-sensitive-data/write-only: what is given to arguments in `_wo`
 * from ephemeral variables is in no plan and no state.
 */
const clouds: Readonly<Record<string, Cloud>> = {
  aws: cloudOf('aws', ['aws', 'hashicorp/aws', '>= 5.87'], (secrets, reader) => {
    const policy = {
      'data aws_iam_policy_document secrets': {
        statement: [
          {
            actions: '["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]',
            resources: `[${secrets.map(({ id }) => `aws_secretsmanager_secret.${id}.arn`).join(', ')}]`,
          },
        ],
      },
      'resource aws_iam_role_policy secrets': {
        role: hclText(reader ?? ''),
        policy: 'data.aws_iam_policy_document.secrets.json',
      },
    };
    return {
      ...merged(secrets, ({ id, secret, place }) => ({
        [`resource aws_secretsmanager_secret ${id}`]: {
          name: hclText(place.name),
          description: hclText(secret.purpose ?? secret.path),
        },
        [`resource aws_secretsmanager_secret_version ${id}`]: {
          secret_id: `aws_secretsmanager_secret.${id}.id`,
          secret_string_wo: givenValue(id, secret),
          secret_string_wo_version: '1',
        },
      })),
      ...(reader !== undefined && policy),
    };
  }),
  gcp: cloudOf('gcp', ['google', 'hashicorp/google', '>= 6.23'], (secrets, reader) =>
    merged(secrets, ({ id, secret, place }) => ({
      [`resource google_secret_manager_secret ${id}`]: {
        ...(place.project !== undefined && { project: hclText(place.project) }),
        secret_id: hclText(place.name),
        replication: [{ auto: [{}] }],
      },
      [`resource google_secret_manager_secret_version ${id}`]: {
        secret: `google_secret_manager_secret.${id}.id`,
        secret_data_wo: givenValue(id, secret),
        secret_data_wo_version: '1',
      },
      ...(reader !== undefined && {
        [`resource google_secret_manager_secret_iam_member ${id}`]: {
          secret_id: `google_secret_manager_secret.${id}.id`,
          role: '"roles/secretmanager.secretAccessor"',
          member: hclText(`serviceAccount:${reader}`),
        },
      }),
    })),
  ),
  azure: cloudOf('azure', ['azurerm', 'hashicorp/azurerm', '>= 4.23'], (secrets, reader) => {
    const vaults = new Set(secrets.map(({ place }) => vaultName(place.vault)));
    return {
      'provider azurerm': { features: [{}] },
      'variable resource_group': { type: 'string' },
      ...Object.fromEntries(
        [...vaults].map((vault) => [
          `data azurerm_key_vault ${hclName(vault)}`,
          { name: hclText(vault), resource_group_name: 'var.resource_group' },
        ]),
      ),
      ...merged(secrets, ({ id, secret, place }) => ({
        [`resource azurerm_key_vault_secret ${id}`]: {
          key_vault_id: `data.azurerm_key_vault.${hclName(vaultName(place.vault))}.id`,
          name: hclText(place.name),
          value_wo: givenValue(id, secret),
          value_wo_version: '1',
        },
        ...(reader !== undefined && {
          [`resource azurerm_role_assignment ${id}`]: {
            scope: `azurerm_key_vault_secret.${id}.resource_versionless_id`,
            role_definition_name: '"Key Vault Secrets User"',
            principal_id: hclText(reader),
          },
        }),
      })),
    };
  }),
  vault: cloudOf('vault', ['vault', 'hashicorp/vault', '>= 5.0'], (secrets, reader) => {
    const rules = secrets.flatMap(({ place: { mount, name } }) =>
      ['data', 'metadata'].map((part) => `path "${mount}/${part}/${name}" {\n  capabilities = ["read"]\n}\n`),
    );
    return {
      ...merged(secrets, ({ id, secret, place }) => ({
        [`resource vault_kv_secret_v2 ${id}`]: {
          ...(place.namespace !== undefined && { namespace: hclText(place.namespace) }),
          mount: hclText(place.mount),
          name: hclText(place.name),
          data_json_wo: isDocument(secret) ? givenValue(id, secret) : `jsonencode({ value = var.${id} })`,
          data_json_wo_version: '1',
        },
      })),
      ...(reader !== undefined && {
        'resource vault_policy secrets': { name: hclText(reader), policy: hclText(rules.join('\n')) },
      }),
    };
  }),
};

export default defineTarget({
  summary: 'Terraform or OpenTofu: the secrets of a cloud or of Vault, and who reads them; no value in the state',
  options: {
    store: {
      value: '<kind>',
      description: Object.keys(clouds).join(', '),
      isRequired: true,
      choices: Object.keys(clouds),
    },
    reader: {
      value: '<who>',
      description:
        'also lets it read: a role (aws), the email of an account (gcp), an object id (azure), a policy (vault)',
    },
  },
  render(deployment, { store, reader }) {
    const cloud = clouds[store];
    if (cloud === undefined) return [];
    const [name, source, version] = cloud.provider;
    const requirements: Body = {
      required_version: '">= 1.11"',
      required_providers: [{ [name]: `{ source = ${hclText(source)}, version = ${hclText(version)} }` }],
    };
    const text = Object.entries({ terraform: requirements, ...cloud.blocks(deployment, reader) })
      .map(([head, body]) => printBlock(head, body))
      .join('\n');
    return [{ path: `${store}-secrets.tf`, text, next: nextSteps }];
  },
});

const nextSteps = `Give the values for one run, in variables: export TF_VAR_database_password="$(keyward get database/password)"
A document is a JSON object. To write a value again, count up its version.`;

function cloudOf<K extends StorePlace['kind']>(
  kind: K,
  provider: Cloud['provider'],
  blocks: (secrets: readonly Named<K>[], reader: string | undefined) => Blocks,
): Cloud {
  return {
    provider,
    blocks: (deployment, reader) => {
      const secrets = named(placesOfKind(deployment, kind));
      const variable = ({ id, secret }: Named<K>) => ({
        [`variable ${id}`]: {
          type: isDocument(secret) ? 'map(string)' : 'string',
          ephemeral: 'true',
          sensitive: 'true',
        },
      });
      return { ...merged(secrets, variable), ...blocks(secrets, reader) };
    },
  };
}

interface Named<K extends StorePlace['kind']> extends Placed<K> {
  /** In Terraform. */
  readonly id: string;
}

/** @throws KeywardError `config` when two secrets would have one name. */
function named<K extends StorePlace['kind']>(places: readonly Placed<K>[]): readonly Named<K>[] {
  const byId = new Map<string, Named<K>>();
  for (const placed of places) {
    const id = hclName(placed.secret.path);
    const other = byId.get(id)?.secret.path ?? placed.secret.path;
    if (other !== placed.secret.path) {
      throw new KeywardError('config', `${other} and ${placed.secret.path} would both be called ${id} in Terraform`, {
        path: placed.secret.path,
      });
    }
    if (!byId.has(id)) byId.set(id, { id, ...placed });
  }
  return [...byId.values()];
}

function merged<T>(from: readonly T[], make: (item: T) => Blocks): Blocks {
  return Object.assign({}, ...from.map(make));
}

const isDocument = ({ values }: DeployedSecret) => values.some(({ field }) => field !== undefined);

const givenValue = (id: string, secret: DeployedSecret) => (isDocument(secret) ? `jsonencode(var.${id})` : `var.${id}`);

/** In the layout of `terraform fmt`. */
function printBlock(head: string, body: Body, indent = ''): string {
  const [type = '', ...labels] = head.split(' ');
  const entries = Object.entries(body);
  const width = Math.max(0, ...entries.map(([name, value]) => (typeof value === 'string' ? name.length : 0)));
  const lines = entries.map(([name, value]) =>
    typeof value === 'string'
      ? `${indent}  ${name.padEnd(width)} = ${value}\n`
      : value.map((inner) => printBlock(name, inner, `${indent}  `)).join(''),
  );
  const title = [type, ...labels.map(hclText)].join(' ');
  return lines.length === 0 ? `${indent}${title} {}\n` : `${indent}${title} {\n${lines.join('')}${indent}}\n`;
}
