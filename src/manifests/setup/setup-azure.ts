import { defineTarget } from '../manifest.js';
import { placesOfKind } from '../places-of-kind.js';
import { vaultName } from '../policies/azure-rbac.js';
import { shellWord } from '../shell-word.js';
import { setupScript } from './setup-script.js';

/** https://learn.microsoft.com/cli/azure/keyvault */
export default defineTarget({
  summary:
    'a script that sets up Azure: the vault with roles and protection against purging, the identity of the program',
  options: {
    group: { value: '<name>', description: 'resource group', isRequired: true },
    location: { value: '<region>', description: 'of what is made', default: 'westeurope' },
  },
  render(deployment, { group, location }) {
    const { name } = deployment.app;
    const vaults = new Set(placesOfKind(deployment, 'azure').map(({ place }) => vaultName(place.vault)));
    const [where, at] = [`--resource-group ${shellWord(group)}`, `--location ${shellWord(location)}`];
    return setupScript('azure', [
      `az group show --name ${shellWord(group)} >/dev/null 2>&1 || az group create --name ${shellWord(group)} ${at}`,
      ...[...vaults].flatMap((vault) => [
        `az keyvault show --name ${shellWord(vault)} ${where} >/dev/null 2>&1 ||`,
        `  az keyvault create --name ${shellWord(vault)} ${where} ${at} --enable-rbac-authorization true --enable-purge-protection true`,
      ]),
      `az identity show --name ${name} ${where} >/dev/null 2>&1 || az identity create --name ${name} ${where} ${at}`,
      '# What it may read: keyward manifest azure-rbac, with the answer of:',
      `#   az identity show --name ${name} ${where} --query principalId --output tsv`,
    ]);
  },
});
