import { KeywardError } from '../../core/errors.js';
import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { type LinkValue, linkOption, plainField, valuesInLink } from './link-values.js';
import { checkedName, metadataOf } from './object-names.js';
import { secretOptions, secretValues } from './secret-values.js';

export const operatorKinds = ['vault', 'aws', 'ssm', 'gcp', 'azure', 'kubernetes', 'keyward'] as const;
type OperatorKind = (typeof operatorKinds)[number];

/** https://external-secrets.io/latest/api/externalsecret/ */
export default defineTarget({
  summary: 'an ExternalSecret: the External Secrets Operator makes the Secret from a store of the chain',
  options: {
    ...secretOptions,
    link: linkOption,
    store: { value: '<name>', description: 'of the SecretStore; that of the store in the chain when absent' },
    scope: {
      value: '<scope>',
      description: 'of the store: namespace or cluster',
      default: 'namespace',
      choices: ['namespace', 'cluster'],
    },
    refresh: { value: '<time>', description: 'how often the store is asked', default: '1h' },
  },
  async render(deployment, options) {
    const { link, values, missing } = valuesInLink(deployment, operatorKinds, options.link);
    const keys = new Map(secretValues(deployment, options).map(({ variable, key }) => [variable, key]));
    const name = checkedName(options.secret ?? `${deployment.app.name}-secrets`);
    const text = await printYaml({
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: metadataOf(name, options.namespace),
      spec: {
        refreshInterval: options.refresh,
        secretStoreRef: {
          name: checkedName(options.store ?? link),
          kind: options.scope === 'cluster' ? 'ClusterSecretStore' : 'SecretStore',
        },
        target: { name, creationPolicy: 'Owner', deletionPolicy: 'Retain' },
        data: values.map((value) => ({ secretKey: keys.get(value.variable), remoteRef: remoteRef(value) })),
      },
    });
    const apply = 'Holds no value. Apply it beside the store: keyward manifest secret-store';
    return [{ path: 'external-secret.yaml', text, next: [apply, ...(missing ? [missing] : [])].join('\n') }];
  },
});

function remoteRef({ place, field, path }: LinkValue<OperatorKind>): object {
  const property = plainField(field);
  if (place.kind === 'vault' || place.kind === 'keyward') return { key: place.name, property: property ?? 'value' };
  if (place.kind !== 'kubernetes') return { key: place.name, ...(property !== undefined && { property }) };
  if (place.key === undefined) return { key: place.name, property: property ?? 'value' };
  if (field === undefined) return { key: place.name, property: place.key };
  throw new KeywardError('unsupported', `the fields of ${path} lie in one key, of which the operator reads none`, {
    path,
    advice: 'Use layout: documents for the kubernetes store.',
  });
}
