import { defineTarget } from '../manifest.js';
import { placesOfKind } from '../places-of-kind.js';
import { shellWord } from '../shell-word.js';
import { setupScript } from './setup-script.js';

/** https://openbao.org/docs/commands/ */
export default defineTarget({
  summary: 'a script that sets up Vault or OpenBao: engines, policy, AppRole, audit device',
  options: {
    audit: { value: '<file>', description: 'of the audit device', default: '/var/log/vault/audit.log' },
    ttl: { value: '<duration>', description: 'of a token', default: '1h' },
  },
  render(deployment, { audit, ttl }) {
    const places = placesOfKind(deployment, 'vault').map(({ place }) => place);
    const { name } = deployment.app;
    const [namespace] = places.map((place) => place.namespace);
    const mounts = [...new Set(places.map(({ mount }) => mount))];
    return setupScript('vault', [
      ...(namespace === undefined ? [] : [`export VAULT_NAMESPACE=${shellWord(namespace)}`]),
      ...mounts.map(
        (mount) =>
          `vault secrets list -format=json | grep -qF ${shellWord(`"${mount}/"`)} || vault secrets enable -path=${shellWord(mount)} -version=2 kv`,
      ),
      `vault policy write ${name} ${name}-policy.hcl`,
      `vault auth list -format=json | grep -qF '"approle/"' || vault auth enable approle`,
      `vault write auth/approle/role/${name} token_policies=${name} token_ttl=${shellWord(ttl)} token_max_ttl=4h secret_id_num_uses=1 secret_id_ttl=10m`,
      `vault audit list -format=json | grep -qF '"file/"' || vault audit enable file file_path=${shellWord(audit)}`,
      `# The policy is made by: keyward manifest vault-policy. Then, for each start of the program:`,
      `#   vault read -field=role_id auth/approle/role/${name}/role-id`,
      `#   vault write -f -wrap-ttl=60s -field=wrapping_token auth/approle/role/${name}/secret-id`,
    ]);
  },
});
