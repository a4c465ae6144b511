import { BlockList, isIP, isIPv6 } from 'node:net';
import { KeywardError } from '../core/errors.js';

/** The addresses of a name, as the system resolves it. @throws when it has none. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

type Range = readonly [address: string, prefix: number];

const thisMachineV4: readonly Range[] = [
  ['127.0.0.0', 8],
  ['0.0.0.0', 32],
];
const thisMachine = blockList(thisMachineV4, [
  ['::1', 128],
  ['::', 128],
]);

/** Where no server of anybody's choice is (RFC 6890): the metadata of a cloud, the next link, several at once. */
const nowhereV4: readonly Range[] = [
  ['0.0.0.0', 8],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** By RFC 6052, a gateway turns the address back into the one of IPv4 that it ends with. */
const translated = [...nowhereV4, ...thisMachineV4].map(
  ([address, prefix]): Range => [`64:ff9b::${address}`, 96 + prefix],
);
const nowhere = blockList(nowhereV4, [
  ...translated,
  ['64:ff9b:1::', 48],
  ['fd00:ec2::', 32],
  ['fd20:ce::', 32],
  ['fe80::', 10],
  ['ff00::', 8],
  // Former ways to hold an address of IPv4.
  ['::', 96],
  ['2001::', 32],
  ['2002::', 16],
]);

/**
 * Where to connect to for a host that a configuration names: resolved once, so that a name cannot mean another address a
 * moment later, and every address looked at. This machine is meant only where it is written as such, by its address
 * or `localhost`; a name that stands for it, and addresses of link-local and metadata services, are refused.
 *
 * @param where What names the host, for messages.
 * @throws KeywardError `config` for a host that is refused, `unavailable` for a name without an address.
 */
export async function guardedAddresses(
  host: string,
  where: string,
  resolve: ResolveName = resolveName,
): Promise<readonly string[]> {
  const addresses = isIP(host) === 0 ? await resolved(host, where, resolve) : [host];
  const mayBeThisMachine = isIP(host) !== 0 || host === 'localhost';
  for (const address of addresses) {
    const isThisMachine = isIn(thisMachine, address);
    if (isThisMachine ? mayBeThisMachine : host !== 'localhost' && !isIn(nowhere, address)) continue;
    throw new KeywardError('config', `${where}: ${host} is an address that nothing is sent to`, {
      store: where,
      advice: isThisMachine
        ? 'If this machine is meant, write localhost, or the address.'
        : 'Name a server. Addresses of a link, of several hosts, and of the metadata of a cloud are none.',
    });
  }
  return addresses;
}

/** Whether a server, with or without a scheme, a port and a path, is written as an address that no server has. */
export function isWrittenNowhere(server: string): boolean {
  const authority = server.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  // The one form of an address that may be written as one number, or in octal.
  const url = `http://${authority}`;
  const host = URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : '';
  return isIP(host) !== 0 && isIn(nowhere, host) && !isIn(thisMachine, host);
}

async function resolved(host: string, where: string, resolve: ResolveName): Promise<readonly string[]> {
  try {
    const addresses = await resolve(host);
    if (addresses.length > 0) return addresses;
  } catch {
    // Node says no more than that.
  }
  throw new KeywardError('unavailable', `${where}: the name ${host} has no address`, { store: where });
}

/** Who connects to the first one alone gets there more often by IPv4. */
async function resolveName(name: string): Promise<readonly string[]> {
  const { lookup } = await import('node:dns/promises');
  return (await lookup(name, { all: true, order: 'ipv4first' })).map(({ address }) => address);
}

function blockList(v4: readonly Range[], v6: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of v4) list.addSubnet(address, prefix, 'ipv4');
  for (const [address, prefix] of v6) list.addSubnet(address, prefix, 'ipv6');
  return list;
}

/** Also of an address of IPv4 in the form of IPv6 (`::ffff:127.0.0.1`); a zone is no part of the address. */
function isIn(list: BlockList, address: string): boolean {
  return list.check(address.split('%', 1)[0] ?? '', isIPv6(address) ? 'ipv6' : 'ipv4');
}
