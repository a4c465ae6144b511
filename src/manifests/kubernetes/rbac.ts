import { KeywardError } from '../../core/errors.js';
import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { linkOption, valuesInLink } from './link-values.js';
import { accountOption, checkedName, metadataOf, namespaceOption } from './object-names.js';

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/ */
export default defineTarget({
  summary: 'a Role and its binding: reads the Secrets of the inventory through the kubernetes store, and no more',
  options: {
    namespace: { value: '<namespace>', description: 'of the Secrets; that of the store when absent' },
    'account-namespace': { ...namespaceOption, description: 'of the service account; that of the Secrets when absent' },
    account: accountOption,
    link: linkOption,
    access: {
      value: '<access>',
      description: 'read; write: what rotates them as well; watch: live refresh, which shows all Secrets there',
      default: 'read',
      choices: ['read', 'write', 'watch'],
    },
  },
  async render(deployment, options) {
    const { values, first } = valuesInLink(deployment, ['kubernetes'], options.link);
    const namespace = options.namespace ?? first.namespace;
    if (namespace === undefined) {
      throw new KeywardError('config', 'the namespace of the Secrets is not known', {
        advice: 'Say it in providers: of keyward.yaml, or with --set namespace=…',
      });
    }
    const account = checkedName(options.account ?? deployment.app.name);
    const metadata = metadataOf(`${account}-keyward-${options.access}`, namespace);
    const resourceNames = [...new Set(values.map(({ place }) => place.name))];
    const secrets = { apiGroups: [''], resources: ['secrets'] };
    const apiGroup = 'rbac.authorization.k8s.io';
    const text = await printYaml(
      {
        apiVersion: `${apiGroup}/v1`,
        kind: 'Role',
        metadata,
        rules: [
          { ...secrets, resourceNames, verbs: options.access === 'write' ? ['get', 'patch', 'delete'] : ['get'] },
          // Neither can be limited to names: what is made has none yet, and what is listed has all.
          ...(options.access === 'write' ? [{ ...secrets, verbs: ['create'] }] : []),
          ...(options.access === 'watch' ? [{ ...secrets, verbs: ['list', 'watch'] }] : []),
        ],
      },
      {
        apiVersion: `${apiGroup}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup, kind: 'Role', name: metadata.name },
        subjects: [
          {
            kind: 'ServiceAccount',
            name: account,
            namespace: checkedName(options['account-namespace'] ?? namespace),
          },
        ],
      },
    );
    return [{ path: 'rbac.yaml', text, next: 'Pods that only mount Secrets need none of this. See: keyward doctor' }];
  },
});
