import { defineTarget } from '../manifest.js';
import { placesOfKind } from '../places-of-kind.js';
import { shellWord } from '../shell-word.js';

/** https://learn.microsoft.com/azure/key-vault/general/rbac-guide */
export default defineTarget({
  summary: 'role assignments of Azure: exactly the secrets of the inventory',
  options: {
    identity: { value: '<object-id>', description: 'of the managed identity', isRequired: true },
    group: { value: '<name>', description: 'resource group of the vault', isRequired: true },
    subscription: { value: '<id>', description: 'of the vault', isRequired: true },
    access: {
      value: '<which>',
      description: 'read: for the program; rotate: also new versions',
      default: 'read',
      choices: ['read', 'rotate'],
    },
  },
  render(deployment, { identity, group, subscription, access }) {
    const role = access === 'rotate' ? 'Key Vault Secrets Officer' : 'Key Vault Secrets User';
    const scopes = placesOfKind(deployment, 'azure').map(
      ({ place: { vault, name } }) =>
        `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.KeyVault/vaults/${vaultName(vault)}/secrets/${name}`,
    );
    const commands = [...new Set(scopes)].map((scope) =>
      [
        'az role assignment create',
        `--assignee-object-id ${shellWord(identity)}`,
        '--assignee-principal-type ServicePrincipal',
        `--role ${shellWord(role)}`,
        `--scope ${shellWord(scope)}`,
      ].join(' \\\n  '),
    );
    const text = `#!/bin/sh\nset -eu\n${commands.join('\n')}\n`;
    const next = 'The vault must take roles: az keyvault update --name … --enable-rbac-authorization true';
    return [{ path: 'azure-rbac.sh', mode: 0o755, text, next: `${next}\nRunning it again changes nothing.` }];
  },
});

/** The first part of its host name. */
export function vaultName(vault: string): string {
  return new URL(vault).hostname.replace(/\..*/, '');
}
