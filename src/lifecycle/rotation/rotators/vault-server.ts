import { resolve } from 'node:path';
import type { VaultAnswer } from '../../../clients/vault/vault-answer.js';
import { VaultClient } from '../../../clients/vault/vault-client.js';
import { refusalOf } from '../../../clients/vault/vault-failure.js';
import type { VaultRequest } from '../../../clients/vault/vault-transport.js';
import type { Clock } from '../../../core/clock.js';
import { KeywardError } from '../../../core/errors.js';
import type { OptionsOf } from '../../../core/options.js';
import type { Secret } from '../../../core/secret.js';
import type { RotatorContext } from './rotator-kind.js';

/** Which server it is, and who may make and take back credentials there. */
export const vaultServerOptions = {
  address: 'address',
  namespace: 'text',
  ca: 'file',
  allowPlaintext: 'flag',
  administrator: 'secret',
} as const;

export interface VaultServerSettings extends OptionsOf<typeof vaultServerOptions> {
  readonly path: string;
  readonly folder: string;
  readonly env: RotatorContext['env'];
  readonly clock: Clock;
  readonly fieldsOf: RotatorContext['fieldsOf'];
}

/** What a request says who it is from. */
type SignInAs = { readonly token: string } | { readonly roleId: string; readonly secretId: string };

/** Where the server is, in the environment of its own command line. */
const placeVariables = ['ADDR', 'NAMESPACE', 'CACERT', 'CAPATH', 'CACERT_BYTES', 'TLS_SERVER_NAME'];

export function* vaultServerProblems(
  { administrator }: VaultServerSettings | { administrator?: string | undefined },
  path: string,
) {
  if (administrator === undefined)
    yield '`administrator` is missing: the secret with a `token`, or `role_id` and `secret_id`';
  if (administrator === path) yield 'the `administrator` is another secret';
}

/** A server of Vault or OpenBao whose credentials are rotated. Each sign-in is a connection of its own, and ends with it. */
export class VaultServer {
  readonly #settings: VaultServerSettings;

  constructor(settings: VaultServerSettings) {
    this.#settings = settings;
  }

  /** As the administrator. @throws KeywardError `config` for a secret without the fields; as `as`. */
  async asAdministrator<T>(use: (send: Send) => Promise<T>): Promise<T> {
    const { administrator = '', fieldsOf, path } = this.#settings;
    const { token, role_id: roleId, secret_id: secretId } = await fieldsOf(administrator);
    const text = (secret: Secret) => secret.expose();
    if (token !== undefined) return this.as({ token: text(token) }, use);
    if (roleId !== undefined && secretId !== undefined) {
      return this.as({ roleId: text(roleId), secretId: text(secretId) }, use);
    }
    throw new KeywardError(
      'config',
      `${path}: ${administrator} has neither \`token\`, nor \`role_id\` and \`secret_id\``,
      {
        path,
        advice: `Store them with: keyward set ${administrator}`,
      },
    );
  }

  /** @throws KeywardError as `VaultClient.request`, and as `refusalOf` for what the server does not take. */
  async as<T>(who: SignInAs, use: (send: Send) => Promise<T>): Promise<T> {
    const { address, namespace, ca, allowPlaintext, env, path, folder, clock } = this.#settings;
    const given = Object.entries(env).filter(([name]) =>
      placeVariables.some((one) => name === `VAULT_${one}` || name === `BAO_${one}`),
    );
    const place = address === undefined ? Object.fromEntries(given) : { VAULT_ADDR: address };
    const identity =
      'token' in who ? { VAULT_TOKEN: who.token } : { VAULT_ROLE_ID: who.roleId, VAULT_SECRET_ID: who.secretId };
    const client = new VaultClient({
      store: `rotating ${path}`,
      connection: { namespace, allowPlaintext, ca: ca === undefined ? undefined : resolve(folder, ca) },
      auth: { files: {} },
      env: { ...place, ...identity },
      home: folder,
      clock,
    });
    try {
      return await use(async (request, wanted = [200, 204]) => {
        const answer = await client.request(request);
        if (wanted.includes(answer.status)) return answer;
        throw refusalOf(answer, `rotating ${path}`, request.path);
      });
    } finally {
      client.close();
    }
  }
}

/** @param wanted Statuses that are answers; any other is thrown. */
export type Send = (request: VaultRequest, wanted?: readonly number[]) => Promise<VaultAnswer>;
