import type { Deployment } from '../../core/deployment.js';
import { KeywardError } from '../../core/errors.js';
import { defineTarget, type OptionValues } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { type LinkValue, linkOption, plainField, stated, valuesInLink } from './link-values.js';
import { checkedName, metadataOf } from './object-names.js';
import { secretOptions, secretValues } from './secret-values.js';

const kinds = ['vault', 'aws', 'ssm', 'gcp', 'azure'] as const;

const options = {
  ...secretOptions,
  link: linkOption,
  sync: {
    value: '<yes>',
    description: 'yes: a Secret of the same name as well, for variables',
    default: 'no',
    choices: ['yes', 'no'],
  },
  server: { value: '<url>', description: 'of Vault' },
  role: { value: '<role>', description: 'in Vault; the name of the program when absent' },
  region: { value: '<region>', description: 'of AWS' },
  project: { value: '<id>', description: 'of Google Cloud' },
  tenant: { value: '<id>', description: 'of Azure' },
  client: { value: '<id>', description: 'of the workload identity in Azure' },
} as const;

/** https://secrets-store-csi-driver.sigs.k8s.io/concepts#secretproviderclass */
export default defineTarget({
  summary: 'a SecretProviderClass: the CSI driver of secret stores mounts the values as files',
  options,
  async render(deployment, given) {
    const { values, missing } = valuesInLink(deployment, kinds, given.link);
    const name = checkedName(given.secret ?? `${deployment.app.name}-secrets`);
    const keys = new Map(secretValues(deployment, given).map(({ variable, key }) => [variable, key]));
    const text = await printYaml({
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      kind: 'SecretProviderClass',
      metadata: metadataOf(name, given.namespace),
      spec: {
        ...(await providerOf(deployment, values, given)),
        ...(given.sync === 'yes' && {
          secretObjects: [
            {
              secretName: name,
              type: 'Opaque',
              data: values.map(({ fileName, variable }) => ({ objectName: fileName, key: keys.get(variable) })),
            },
          ],
        }),
      },
    });
    const apply = 'Mount it with: keyward manifest deployment --set secrets=csi';
    return [{ path: 'secret-provider-class.yaml', text, next: [apply, ...(missing ? [missing] : [])].join('\n') }];
  },
});

type Value = LinkValue<(typeof kinds)[number]>;

/** Lists are texts of YAML in a map of texts. */
async function providerOf(
  { app }: Deployment,
  values: readonly Value[],
  given: OptionValues<typeof options>,
): Promise<object> {
  const [first] = values;
  const objects = values.map(objectOf);
  switch (first?.place.kind) {
    case 'vault': {
      const { address, namespace } = first.place;
      return {
        provider: 'vault',
        parameters: {
          vaultAddress: stated(given.server ?? address, 'server'),
          roleName: given.role ?? app.name,
          ...(namespace !== undefined && { vaultNamespace: namespace }),
          objects: await printYaml(objects),
        },
      };
    }
    case 'gcp': {
      const { project, location } = first.place;
      const place = `${stated(given.project ?? project, 'project')}${location === undefined ? '' : `/locations/${location}`}`;
      const secrets = values.map(({ place: { name }, field, fileName }) => ({
        resourceName: `projects/${place}/secrets/${name}/versions/latest`,
        path: fileName,
        ...(field !== undefined && { extractJSONKey: field }),
      }));
      return { provider: 'gcp', parameters: { secrets: await printYaml(secrets) } };
    }
    case 'azure': {
      const [, vault = ''] = /^https:\/\/([^./]+)\./.exec(first.place.vault) ?? [];
      return {
        provider: 'azure',
        parameters: {
          keyvaultName: stated(vault, 'the name of the vault'),
          tenantID: stated(given.tenant, 'tenant'),
          clientID: stated(given.client, 'client'),
          objects: await printYaml({ array: await Promise.all(objects.map((object) => printYaml(object))) }),
        },
      };
    }
    default: {
      const { region } = first?.place.kind === 'aws' || first?.place.kind === 'ssm' ? first.place : {};
      const used = given.region ?? region;
      return {
        provider: 'aws',
        parameters: { ...(used !== undefined && { region: used }), objects: await printYaml(awsObjects(values)) },
      };
    }
  }
}

function objectOf({ place, field, fileName, path }: Value): object {
  if (place.kind === 'vault') {
    return { objectName: fileName, secretPath: `${place.mount}/data/${place.name}`, secretKey: field ?? 'value' };
  }
  if (place.kind === 'azure' && field !== undefined) {
    throw new KeywardError('unsupported', `${path} has fields, and the driver mounts whole secrets of Azure`, {
      path,
      advice: 'Use external-secret, which takes them apart, or keep each value in a secret of its own.',
    });
  }
  return { objectName: place.name, objectType: 'secret', objectAlias: fileName };
}

/** One object for each secret, its fields by JMESPath. */
function awsObjects(values: readonly Value[]): readonly object[] {
  const byName = new Map<string, Value[]>();
  for (const value of values) byName.set(value.place.name, [...(byName.get(value.place.name) ?? []), value]);
  return [...byName].map(([objectName, group]) => {
    const whole = group.find(({ field }) => field === undefined);
    const fields = group.filter(({ field }) => field !== undefined);
    return {
      objectName,
      objectType: group[0]?.place.kind === 'ssm' ? 'ssmparameter' : 'secretsmanager',
      ...(whole !== undefined && { objectAlias: whole.fileName }),
      ...(fields.length > 0 && {
        jmesPath: fields.map(({ field, fileName }) => ({ path: `"${plainField(field)}"`, objectAlias: fileName })),
      }),
    };
  });
}
