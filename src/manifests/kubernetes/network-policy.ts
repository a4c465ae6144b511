import { isIP } from 'node:net';
import { KeywardError } from '../../core/errors.js';
import { ccxtExchange } from '../../core/exchange-catalogue.js';
import { defineTarget } from '../manifest.js';
import { printYaml } from '../print-yaml.js';
import { appLabels, metadataOf, namespaceOption } from './object-names.js';

/** https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
export default defineTarget({
  summary: 'a NetworkPolicy: the program reaches names, the exchanges and the stores, and nothing else',
  options: {
    namespace: namespaceOption,
    allow: {
      value: '<ranges>',
      description: 'addresses it may reach at port 443, such as 203.0.113.0/24,198.51.100.7/32',
      isRequired: true,
    },
    from: {
      value: '<name>',
      description: 'only pods with this app.kubernetes.io/name reach the program; none when absent',
    },
  },
  async render(deployment, { namespace, allow, from }) {
    const { app, secrets } = deployment;
    const ranges = allow.split(',').map(checkedRange);
    const ingress =
      from === undefined || app.port === undefined
        ? []
        : [
            {
              from: [{ podSelector: { matchLabels: { 'app.kubernetes.io/name': from } } }],
              ports: [{ protocol: 'TCP', port: app.port }],
            },
          ];
    const text = await printYaml({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: metadataOf(`${app.name}-egress`, namespace),
      spec: {
        podSelector: { matchLabels: appLabels(deployment) },
        policyTypes: ['Ingress', 'Egress'],
        ingress,
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
                podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
              },
            ],
            ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: 53 })),
          },
          { to: ranges.map((cidr) => ({ ipBlock: { cidr } })), ports: [{ protocol: 'TCP', port: 443 }] },
        ],
      },
    });
    const exchanges = [...new Set(secrets.flatMap(({ path }) => exchangeOf(path)))];
    return [{ path: 'network-policy.yaml', text, next: nextStep(exchanges) }];
  },
});

const exchangeOf = (path: string): readonly string[] => {
  const [, name] = /(?:^|\/)exchange\/([^/]+)/.exec(path) ?? [];
  return name === undefined ? [] : [ccxtExchange(name)];
};

function nextStep(exchanges: readonly string[]): string {
  const whose = exchanges.length === 0 ? 'what it calls' : exchanges.join(', ');
  return `Addresses are those that ${whose} publish, and of the stores; they change, so look at them again each quarter.
A policy by host name is not in this kind: networks have their own (CiliumNetworkPolicy toFQDNs, Calico domains).
It has an effect only where the network of the cluster enforces policies.`;
}

/** @throws KeywardError `invalid` for what is no range of addresses, or is all there are. */
function checkedRange(text: string): string {
  const [, address = '', bits = ''] = /^([0-9a-fA-F.:]+)\/([0-9]{1,3})$/.exec(text) ?? [];
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const isRange = isIP(address) !== 0 && Number(bits) >= 1 && Number(bits) <= (family === 'ipv6' ? 128 : 32);
  if (isRange) {
    return text;
  }
  throw new KeywardError('invalid', 'allow has something that is no range of addresses', {
    advice: 'Write ranges like 203.0.113.0/24, with commas between them; /0 would be every address.',
  });
}
