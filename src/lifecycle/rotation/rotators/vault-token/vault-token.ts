import { type Members, objectIn, textIn, textsIn } from '../../../../clients/vault/vault-answer.js';
import { KeywardError } from '../../../../core/errors.js';
import { Secret } from '../../../../core/secret.js';
import type { Credential, Rotator } from '../rotator.js';
import { VaultServer, type VaultServerSettings } from '../vault-server.js';

export interface VaultTokenOptions extends VaultServerSettings {
  /** The token role by which new ones are made; without, they are made like the former one. */
  readonly role?: string | undefined;
  readonly field: string;
}

const post = 'POST' as const;

/**
 * Tokens of Vault and OpenBao. A new one is an orphan, so that it does not end with the administrator's, with the policies,
 * times and metadata of the former one or of the role. The server makes it, and accepts it from then on: one that was
 * made before a crash and not written down lives until its own end.
 */
export function createVaultTokenRotator(options: VaultTokenOptions): Rotator {
  const { role, field, path } = options;
  const server = new VaultServer(options);
  const tokenOf = (credential: Credential): string => {
    const token = credential.get(field);
    if (token !== undefined) return token.expose();
    throw new KeywardError('config', `${path}: the field ${field} is not there`, {
      path,
      advice: 'Store the token with: keyward set',
    });
  };

  return {
    kind: 'overlap',
    hasTarget: true,
    generate: (current) =>
      server.asAdministrator(async (send) => {
        const wanted =
          role === undefined
            ? await send(lookup(current && tokenOf(current), path)).then(({ members }) => likeFormer(members, path))
            : {};
        const place = role === undefined ? 'auth/token/create-orphan' : `auth/token/create/${encodeURIComponent(role)}`;
        const { members } = await send({ method: post, path: place, body: JSON.stringify(wanted) }, [200]);
        const token = textIn(objectIn(members, 'auth') ?? new Map(), 'client_token');
        if (token === undefined) throw new KeywardError('unavailable', `${path}: the server gave no token`, { path });
        return new Map([[field, Secret.fromText(token)]]);
      }),
    set: async () => undefined,
    test: (credential) =>
      server.as({ token: tokenOf(credential) }, async (send) => {
        await send({ method: 'GET', path: 'auth/token/lookup-self' }, [200]);
      }),
    revoke: (credential) =>
      server.asAdministrator(async (send) => {
        // 400 and 403 are the answers for a token that is none any more.
        await send(
          { method: post, path: 'auth/token/revoke', body: JSON.stringify({ token: tokenOf(credential) }) },
          [200, 204, 400],
        );
      }),
  };
}

function lookup(token: string | undefined, path: string) {
  if (token !== undefined) return { method: post, path: 'auth/token/lookup', body: JSON.stringify({ token }) };
  throw new KeywardError('config', `${path}: there is no token yet that a new one could be like`, {
    path,
    advice: 'Store the first one with keyward set, or name a `role` of tokens.',
  });
}

/** What a token is made with, so that it may what the former one may. */
function likeFormer(members: Members, path: string): Readonly<Record<string, unknown>> {
  const data = objectIn(members, 'data') ?? new Map();
  const policies = textsIn(data, 'policies') ?? [];
  if (policies.includes('root')) {
    throw new KeywardError('config', `${path} is a root token, of which no other is made`, {
      path,
      advice: 'Give the program a token with policies of its own: vault token create -policy=<name> -period=24h',
    });
  }
  const seconds = (name: string) => `${data.get(name)?.text ?? 0}s`;
  const meta = objectIn(data, 'meta');
  return {
    policies,
    no_default_policy: !policies.includes('default'),
    period: seconds('period'),
    ttl: seconds('creation_ttl'),
    explicit_max_ttl: seconds('explicit_max_ttl'),
    renewable: data.get('renewable')?.text !== 'false',
    ...(meta !== undefined && { meta: Object.fromEntries([...meta].map(([name, { text }]) => [name, text])) }),
  };
}
