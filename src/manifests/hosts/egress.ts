import { KeywardError } from '../../core/errors.js';
import { exchangeHosts } from '../exchange-hosts.js';
import { defineTarget } from '../manifest.js';

const chain = 'KEYWARD_EGRESS';
const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/;

/** iptables(8), ip6tables(8). */
export default defineTarget({
  summary: 'iptables rules: the user of the program reaches its exchanges, names and nothing else',
  options: {
    also: { value: '<hosts>', description: 'with blanks between: stores, databases, exchanges not known', default: '' },
    user: { value: '<name or number>', description: 'whose packets; the uid of `deploy:` when absent' },
  },
  render(deployment, { also, user }) {
    const known = exchangeHosts(deployment);
    const others = also.split(' ').filter((host) => host !== '');
    const wrong = others.find((host) => !hostName.test(host));
    if (wrong !== undefined) throw new KeywardError('invalid', '--set also= has what is no name of a host');
    const owner = user ?? `${deployment.app.uid}`;
    if (!/^[a-z0-9_][a-z0-9_-]*$/.test(owner)) throw new KeywardError('invalid', '--set user= is no name of a user');
    const unknown = known.filter(({ hosts }) => hosts.length === 0).map(({ exchange }) => exchange);
    const allowed = [...known, { exchange: 'others', hosts: others }].filter(({ hosts }) => hosts.length > 0);
    const text = `#!/bin/sh
set -eu
allow() {
  # Addresses as they are now: run it again after they change, from a timer for example.
  for address in $(getent ahosts "$1" | cut -d ' ' -f 1 | sort -u); do
    case $address in
      *:*) ip6tables -w -A ${chain} -d "$address" -p tcp --dport 443 -j RETURN ;;
      *) iptables -w -A ${chain} -d "$address" -p tcp --dport 443 -j RETURN ;;
    esac
  done
}
for tables in iptables ip6tables; do
  $tables -w -N ${chain} 2>/dev/null || $tables -w -F ${chain}
  $tables -w -A ${chain} -o lo -j RETURN
  $tables -w -A ${chain} -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
  $tables -w -A ${chain} -p udp --dport 53 -j RETURN
  $tables -w -A ${chain} -p tcp --dport 53 -j RETURN
done
${allowed.map(({ exchange, hosts }) => `# ${exchange}\n${hosts.map((host) => `allow ${host}\n`).join('')}`).join('')}for tables in iptables ip6tables; do
  $tables -w -A ${chain} -j REJECT
  $tables -w -C OUTPUT -m owner --uid-owner ${owner} -j ${chain} 2>/dev/null ||
    $tables -w -A OUTPUT -m owner --uid-owner ${owner} -j ${chain}
done
`;
    const next = [
      'As root. The hosts of your stores and databases belong into --set also=…',
      ...(unknown.length === 0 ? [] : [`Hosts not known, left out: ${unknown.join(', ')}`]),
    ];
    return [{ path: 'egress.sh', mode: 0o755, text, next: next.join('\n') }];
  },
});
