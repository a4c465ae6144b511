import { join } from 'node:path';
import { KeywardError } from '../../core/errors.js';
import { withoutFinalNewline } from '../../core/final-newline.js';
import { payloadText } from '../../core/payload.js';
import { readOwnedFile } from '../../host/owned-file.js';
import { readPlainFile } from '../../host/plain-file.js';
import { readVariable } from '../../host/variable.js';
import { vaultVariable } from './vault-variables.js';

/** What a sign-in is made of. */
export type CredentialPart = 'token' | 'roleId' | 'secretId' | 'jwt' | 'password';

/** Files that hold the parts, absolute, as a configuration names them. */
export type CredentialFiles = { readonly [Part in CredentialPart]?: string | undefined };

export interface CredentialPlaces {
  readonly files: CredentialFiles;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether credentials of the user's environment and home may be sent to this server. */
  readonly mayUseEnvironment: boolean;
  /** The server, for messages. */
  readonly origin: string;
  readonly home: string;
}

const variables: Readonly<Record<CredentialPart, string>> = {
  token: 'TOKEN',
  roleId: 'ROLE_ID',
  secretId: 'SECRET_ID',
  jwt: 'JWT',
  password: 'PASSWORD',
};
const maxBytes = 64 * 1024;

/** The variable that holds the part, for messages. */
export function variableOf(part: CredentialPart): string {
  return `VAULT_${variables[part]}`;
}

/**
 * The part, read anew with every call, since files of credentials are replaced: from the file that the configuration
 * names, else from the variable (or the file that `<variable>_FILE` names), else for the token from `~/.vault-token`.
 * `undefined` when there is none.
 *
 * @throws KeywardError `config` for a file that is missing or open to others, for a credential of the environment that
 * is meant for another server, and for one that cannot stand in a request.
 */
export async function readCredential(part: CredentialPart, places: CredentialPlaces): Promise<string | undefined> {
  const file = places.files[part];
  const text = file === undefined ? await fromUser(part, places) : await readNamed(file);
  if (text === undefined) return undefined;
  // Whatever else it holds would end up in a header, or be the wrong file.
  if (/^[\x21-\x7e]+$/.test(text) || (part === 'password' && text !== '')) return text;
  throw new KeywardError(
    'config',
    `the ${part} of ${file ?? variableOf(part)} is empty or holds spaces or other characters that none has`,
    {
      advice: 'Check that it is the right file or variable, and holds nothing else.',
    },
  );
}

async function fromUser(part: CredentialPart, places: CredentialPlaces): Promise<string | undefined> {
  const { env, mayUseEnvironment, origin, home } = places;
  const found = (await fromVariable(part, env)) ?? (part === 'token' ? await fromTokenFile(home) : undefined);
  if (found === undefined || mayUseEnvironment) return found;
  throw new KeywardError(
    'config',
    `the ${part} of your environment is not sent to ${origin}, which the environment does not name`,
    {
      advice: `Set VAULT_ADDR to ${origin} if the credential is meant for it, or name its file in keyward.yaml (${part}File:).`,
    },
  );
}

async function fromVariable(
  part: CredentialPart,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const payload = await readVariable(variableOf(part), (name) => {
    const variable = vaultVariable(env, name.replace(/^VAULT_/, ''));
    return variable && { value: variable.value, rank: 0 };
  });
  return payload && payloadText(payload);
}

/** Where `vault login` and `bao login` leave the token. */
async function fromTokenFile(home: string): Promise<string | undefined> {
  const bytes = await readOwnedFile(join(home, '.vault-token'), { maxBytes });
  return bytes && textOf(bytes);
}

async function readNamed(path: string): Promise<string> {
  const file = await readPlainFile(path, { maxBytes });
  if (file !== undefined) return textOf(file.bytes);
  throw new KeywardError('config', `there is no file ${path}`, {
    store: path,
    advice: 'Create it, or correct its name.',
  });
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(withoutFinalNewline(bytes));
}
