import { parseServerAddress, type ServerAddress } from '../../clients/http/origin.js';
import { KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';

interface Cloud {
  /** What the hosts of its vaults end in; also what a token for them is asked for. */
  readonly domain: string;
  /** Where its identities sign in. */
  readonly authority: string;
}

/** By the names that the command line of Azure has for them, in short. */
const clouds: ReadonlyMap<string, Cloud> = new Map([
  ['public', { domain: 'vault.azure.net', authority: 'https://login.microsoftonline.com' }],
  ['china', { domain: 'vault.azure.cn', authority: 'https://login.chinacloudapi.cn' }],
  ['usgovernment', { domain: 'vault.usgovcloudapi.net', authority: 'https://login.microsoftonline.us' }],
]);

/** A vault, and whom a token for it may be asked from. */
export interface AzureVault {
  readonly address: ServerAddress;
  /** Where identities sign in; absent leaves it to `AZURE_AUTHORITY_HOST` and the public cloud. */
  readonly authority: string | undefined;
  /**
   * Whether a token for this resource may be shown to the vault: that of its cloud, and for a host of no cloud the host
   * itself or a domain above it.
   */
  readonly accepts: (resource: string) => boolean;
}

/**
 * The vault that the options name.
 *
 * @param vault Its name, or its address: `trading`, `https://trading.vault.azure.cn`.
 * @param cloud `public`, `china` or `usgovernment`; absent is what the address says, else `public`.
 * @throws KeywardError `config`
 */
export function parseVault(vault: string | undefined, cloud: string | undefined, store: string): AzureVault {
  const refuse = (problem: string, advice: string) =>
    new KeywardError('config', `${store}: ${problem}`, { store, advice });
  if (vault === undefined) {
    throw refuse('nothing says which vault', 'Set vault: to its name, or to its address. See: az keyvault list');
  }
  const chosen = cloud === undefined ? undefined : clouds.get(cloud);
  if (cloud !== undefined && chosen === undefined) {
    throw refuse(`there is no cloud ${quoted(cloud)}`, `Use ${[...clouds.keys()].join(', ')}.`);
  }
  const isName = /^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/.test(vault);
  const text = isName ? `https://${vault}.${(chosen ?? clouds.get('public'))?.domain}` : vault;
  const address = parseServerAddress(text, `vault of ${store}`);
  if (address.basePath !== '') throw refuse('the address of the vault holds a path', 'Leave the path out.');
  const host = address.hostname.toLowerCase();
  const own = [...clouds.values()].find(({ domain }) => host.endsWith(`.${domain}`));
  if (chosen !== undefined && own !== undefined && own !== chosen) {
    throw refuse(`${host} is no host of the cloud ${cloud}`, 'Correct vault: or cloud:.');
  }
  return {
    address,
    authority: chosen?.authority ?? (own === clouds.get('public') ? undefined : own?.authority),
    accepts: (resource) => {
      const asked = resource.replace(/\/$/, '');
      if (own !== undefined) return asked === `https://${own.domain}`;
      if (!URL.canParse(asked) || new URL(asked).origin !== asked) return false;
      const { protocol, hostname } = new URL(asked);
      return protocol === 'https:' && (hostname === host || host.endsWith(`.${hostname}`));
    },
  };
}
