import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { addressVariable, vaultVariable } from '../../clients/vault/vault-variables.js';
import type { OptionsOf } from '../../core/options.js';
import { joinPath, parsePath, pathFrom } from '../../core/path.js';
import type { Capability, Provider } from '../../core/provider.js';
import { defineProviderKind, type ProviderContext, prefixDirectory } from '../../core/provider-kind.js';
import { createRemoteProvider } from '../../core/remote-provider.js';

const kind = 'vault';
const capabilities: readonly Capability[] = ['list', 'describe', 'write', 'remove', 'restore'];
const defaultMount = 'secret';

const options = {
  address: 'address',
  mount: 'text',
  prefix: 'prefix',
  namespace: 'text',
  auth: 'text',
  authMount: 'text',
  role: 'text',
  username: 'text',
  tokenFile: 'file',
  roleIdFile: 'file',
  secretIdFile: 'file',
  wrappedSecretId: 'flag',
  jwtFile: 'file',
  passwordFile: 'file',
  ca: 'file',
  allowPlaintext: 'flag',
} as const;

export const vaultProviderKind = defineProviderKind({ options, create: createVaultProvider });

/** A key-value engine of Vault or OpenBao, in its second version or, for reading, its first. */
function createVaultProvider(given: OptionsOf<typeof options>, context: ProviderContext): Provider {
  const { name, environment, folder, env } = context;
  const prefix = prefixDirectory(given.prefix, environment) ?? '';
  const mount = parsePath((given.mount ?? defaultMount).replaceAll('{env}', environment));
  const authMount = given.authMount === undefined ? undefined : parsePath(given.authMount);
  const address = placeOf(given.address ?? addressVariable(env)?.value);
  const namespace = given.namespace ?? vaultVariable(env, 'NAMESPACE')?.value ?? '';
  const file = (path: string | undefined) => (path === undefined ? undefined : resolve(folder, path));
  const inNamespace = namespace === '' ? '' : `${namespace.replaceAll(/^\/+|\/+$/g, '')}/`;
  return createRemoteProvider({
    name,
    kind,
    traits: {
      managed: true,
      layout: 'document',
      pathInLog: (text) =>
        pathFrom(`${inNamespace}${mount}/data/`, prefix, text) ?? pathFrom(`${inNamespace}${mount}/`, prefix, text),
      origin: JSON.stringify([address, namespace, mount, prefix]),
      placeOf: (path) => ({
        kind,
        address: address || undefined,
        namespace: namespace || undefined,
        mount,
        name: joinPath(prefix, path),
      }),
      limits: { binary: false },
    },
    capabilities,
    connect: async () => {
      const { connectVault } = await import('./vault-store.js');
      return connectVault({
        mount,
        prefix,
        client: {
          store: name,
          connection: {
            address: given.address,
            namespace: given.namespace,
            ca: file(given.ca),
            allowPlaintext: given.allowPlaintext,
          },
          auth: {
            method: given.auth,
            mount: authMount,
            role: given.role,
            username: given.username,
            isSecretIdWrapped: given.wrappedSecretId,
            files: {
              token: file(given.tokenFile),
              roleId: file(given.roleIdFile),
              secretId: file(given.secretIdFile),
              jwt: file(given.jwtFile),
              password: file(given.passwordFile),
            },
          },
          env,
          home: env['HOME'] || homedir(),
        },
      });
    },
  });
}

/** The server and the path below it, without what else an address could hold; empty for what is none. */
function placeOf(address: string | undefined): string {
  if (address === undefined || !URL.canParse(address)) return '';
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}
