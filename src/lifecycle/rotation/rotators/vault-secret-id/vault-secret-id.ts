import { type Members, numberIn, objectIn, textIn, textsIn } from '../../../../clients/vault/vault-answer.js';
import { KeywardError } from '../../../../core/errors.js';
import { parsePath } from '../../../../core/path.js';
import { generateValue, parseRecipe } from '../../../generate/generate-value.js';
import type { Credential, Rotator } from '../rotator.js';
import { type Send, VaultServer, type VaultServerSettings } from '../vault-server.js';

export interface VaultSecretIdOptions extends VaultServerSettings {
  /** Name of the AppRole. */
  readonly role: string;
  /** Where the method is mounted: `approle` unless stated. */
  readonly mount?: string | undefined;
  readonly field: string;
}

const post = 'POST' as const;
/** 238 bits. */
const recipe = parseRecipe('alnum:40');

/**
 * Secret ids of an AppRole of Vault or OpenBao, which may have several at a time. They are made here and registered, so
 * that one is never lost on its way. Tested by signing in, unless the role lets in other addresses only: then by asking
 * whether it is registered.
 */
export function createVaultSecretIdRotator(options: VaultSecretIdOptions): Rotator {
  const { role, mount = 'approle', field, path } = options;
  const server = new VaultServer(options);
  const place = `auth/${parsePath(mount)}/role/${encodeURIComponent(role)}`;
  const bodyOf = (credential: Credential): string => {
    const id = credential.get(field);
    if (id !== undefined) return JSON.stringify({ secret_id: id.expose() });
    throw new KeywardError('config', `${path}: the field ${field} is not there`, {
      path,
      advice: 'Store the secret id with: keyward set',
    });
  };
  const roleOf = async (send: Send): Promise<Members> => {
    const { status, members } = await send({ method: 'GET', path: place }, [200, 404]);
    if (status === 200) return objectIn(members, 'data') ?? new Map();
    throw new KeywardError('config', `${path}: there is no AppRole ${role}`, {
      path,
      advice: `See: vault list auth/${mount}/role`,
    });
  };
  const isRegistered = async (send: Send, credential: Credential): Promise<boolean> => {
    const request = { method: post, path: `${place}/secret-id/lookup`, body: bodyOf(credential) };
    const { status, members } = await send(request, [200, 204, 404]);
    return status === 200 && objectIn(members, 'data') !== undefined;
  };

  return {
    kind: 'overlap',
    hasTarget: true,
    generate: () =>
      server.asAdministrator(async (send) => {
        if ((numberIn(await roleOf(send), 'secret_id_num_uses') ?? 0) > 0) {
          throw new KeywardError('config', `${path}: secret ids of ${role} can be used a few times only`, {
            path,
            advice:
              'Let whoever starts the program fetch one each time, wrapped (vault write -wrap-ttl=60s -f …/secret-id).',
          });
        }
        return new Map([[field, generateValue(recipe)]]);
      }),
    set: ({ to }) =>
      server.asAdministrator(async (send) => {
        if (await isRegistered(send, to)) return;
        await send({ method: post, path: `${place}/custom-secret-id`, body: bodyOf(to) }, [200]);
      }),
    async test(credential) {
      const roleId = await server.asAdministrator(async (send) => {
        const isBound = (textsIn(await roleOf(send), 'secret_id_bound_cidrs') ?? []).length > 0;
        if (!isBound)
          return textIn(
            objectIn((await send({ method: 'GET', path: `${place}/role-id` })).members, 'data') ?? new Map(),
            'role_id',
          );
        if (await isRegistered(send, credential)) return undefined;
        throw new KeywardError('unauthenticated', `${path}: the secret id is not registered`, { path });
      });
      if (roleId === undefined) return;
      const secretId = credential.get(field)?.expose() ?? '';
      await server.as({ roleId, secretId }, async (send) => {
        await send({ method: post, path: 'auth/token/revoke-self' });
      });
    },
    revoke: (credential) =>
      server.asAdministrator(async (send) => {
        if (await isRegistered(send, credential)) {
          await send({ method: post, path: `${place}/secret-id/destroy`, body: bodyOf(credential) });
        }
      }),
  };
}
