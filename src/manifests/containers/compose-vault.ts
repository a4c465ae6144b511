import { defineTarget } from '../manifest.js';
import { placesOfKind } from '../places-of-kind.js';
import { printYaml } from '../print-yaml.js';
import { hardenedService, withoutVariables } from './hardened-service.js';
import { serverConfig } from './server-config.js';

/** https://openbao.org/docs/configuration/ */
export default defineTarget({
  summary: 'compose.yaml of the program and a server of OpenBao, over TLS',
  options: {
    server: { value: '<image>', description: 'of the server', default: 'openbao/openbao:2.7.2' },
    memory: { value: '<size>', description: 'of the program, at most', default: '512M' },
    cpus: { value: '<number>', description: 'of the program, at most', default: '1' },
  },
  async render(deployment, { server, ...limits }) {
    const { app } = deployment;
    const [first] = placesOfKind(deployment, 'vault').map(({ place }) => place);
    const secret = (name: string) => ({ source: name, target: name });
    const text = await printYaml(
      withoutVariables({
        name: app.name,
        services: {
          [app.name]: {
            ...hardenedService(app, limits),
            environment: {
              VAULT_ADDR: 'https://vault:8200',
              VAULT_CACERT: '/run/secrets/vault_ca',
              ...(first?.namespace !== undefined && { VAULT_NAMESPACE: first.namespace }),
              VAULT_ROLE_ID_FILE: '/run/secrets/vault_role_id',
              VAULT_SECRET_ID_FILE: '/run/secrets/vault_secret_id',
            },
            secrets: ['vault_ca', 'vault_role_id', 'vault_secret_id'].map(secret),
            depends_on: ['vault'],
          },
          vault: {
            image: server,
            command: ['server'],
            cap_drop: ['ALL'],
            cap_add: ['IPC_LOCK'],
            security_opt: ['no-new-privileges:true'],
            read_only: true,
            tmpfs: ['/tmp'],
            restart: 'unless-stopped',
            volumes: [
              { type: 'bind', source: './vault/config', target: '/openbao/config', read_only: true },
              { type: 'volume', source: 'vault-data', target: '/openbao/file' },
            ],
            // Reached from this machine only.
            ports: ['127.0.0.1:8200:8200'],
          },
        },
        volumes: { 'vault-data': {} },
        secrets: Object.fromEntries(
          ['ca', 'role_id', 'secret_id'].map((name) => [`vault_${name}`, { file: `./secrets/vault_${name}` }]),
        ),
      }),
    );
    const config = serverConfig({
      data: '/openbao/file',
      certificates: '/openbao/config',
      address: 'https://vault:8200',
    });
    const next =
      'bao operator init, unseal, then: keyward manifest setup vault. Certificates for the name vault lie in vault/config.';
    return [
      { path: 'compose.yaml', text, next },
      { path: 'vault/config/config.hcl', text: config },
    ];
  },
});
