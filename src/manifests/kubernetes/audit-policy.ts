import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { checkedName } from './object-names.js';

/** https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/ */
export default defineTarget({
  summary: 'an audit policy: who read or changed which Secret, and never what is in it',
  options: {
    namespaces: { value: '<a,b>', description: 'only of these; all when absent' },
    others: {
      value: '<level>',
      description: 'of everything else: None, or Metadata',
      default: 'None',
      choices: ['None', 'Metadata'],
    },
  },
  async render(_, { namespaces, others }) {
    const only = namespaces === undefined ? {} : { namespaces: namespaces.split(',').map(checkedName) };
    const text = await printYaml({
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [
        {
          level: 'Metadata',
          ...only,
          resources: [
            { group: '', resources: ['secrets', 'serviceaccounts/token'] },
            { group: 'bitnami.com', resources: ['sealedsecrets'] },
            { group: 'external-secrets.io' },
          ],
        },
        { level: 'Metadata', resources: [{ group: 'authentication.k8s.io', resources: ['tokenreviews'] }] },
        { level: others },
      ],
    });
    return [{ path: 'audit-policy.yaml', text, next }];
  },
});

const next = `Metadata is the most that is safe here: Request and RequestResponse write the values of Secrets to the log.
For kube-apiserver: --audit-policy-file=/etc/kubernetes/audit-policy.yaml --audit-log-path=/var/log/kubernetes/audit.log
  --audit-log-maxage=90 --audit-log-maxbackup=10 --audit-log-maxsize=100`;
