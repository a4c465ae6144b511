import { parseDuration } from '../../core/duration.js';
import { KeywardError } from '../../core/errors.js';
import { parseServerAddress, parseSocketAddress, type ServerAddress } from '../http/origin.js';
import { addressVariable, isOn, refuseUnfollowed, type SetVariable, vaultVariable } from './vault-variables.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a configuration says about the server; what it does not say, the environment does. */
export interface VaultConnection {
  readonly address?: string | undefined;
  readonly namespace?: string | undefined;
  /** A file of PEM certificates, absolute. */
  readonly ca?: string | undefined;
  readonly allowPlaintext?: boolean | undefined;
}

export interface VaultSettings {
  readonly address: ServerAddress;
  /**
   * Whether the address is one that the user's environment names too: a credential of the environment goes nowhere
   * else.
   */
  readonly isOfEnvironment: boolean;
  /** Where the address stands, for messages. */
  readonly addressSetting: string;
  readonly namespace: string | undefined;
  readonly caFile: string | undefined;
  readonly caFolder: string | undefined;
  readonly caText: string | undefined;
  /** Files of the certificate and key that the server is shown. */
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
  readonly serverName: string | undefined;
  readonly timeoutMs: number;
  /** How often a request is repeated that the server asks to be repeated. */
  readonly maxRetries: number;
  readonly followRedirects: boolean;
}

const defaultTimeoutMs = 60_000;
const defaultRetries = 2;
const mostRetries = 10;

/**
 * Where the server is and how it is spoken to: the configuration, then the variables of the `vault` and `bao` command
 * lines.
 *
 * @throws KeywardError `config` for an address that is missing or not to be used, and for a variable that cannot be
 * followed.
 */
export function vaultSettings(connection: VaultConnection, env: Environment, store: string): VaultSettings {
  refuseUnfollowed(env);
  const { ca, allowPlaintext = false } = connection;
  const variable = addressVariable(env);
  const stated = connection.address ?? variable?.value;
  if (stated === undefined) {
    throw new KeywardError('config', `${store}: nothing says where the server is`, {
      store,
      advice: 'Set VAULT_ADDR, or address: in keyward.yaml.',
    });
  }
  const addressSetting = connection.address === undefined ? (variable?.name ?? '') : 'address:';
  const address =
    parseSocketAddress(stated, addressSetting) ?? parseServerAddress(stated, addressSetting, allowPlaintext);
  const isOfEnvironment = variable !== undefined && originOf(variable.value) === address.origin;
  const certificate = vaultVariable(env, 'CLIENT_CERT');
  const key = vaultVariable(env, 'CLIENT_KEY');
  if ((certificate === undefined) !== (key === undefined)) {
    throw new KeywardError('config', 'of VAULT_CLIENT_CERT and VAULT_CLIENT_KEY only one is set', { store });
  }
  const fromEnvironment = (name: string) => (ca === undefined ? vaultVariable(env, name)?.value : undefined);
  return {
    address,
    isOfEnvironment,
    addressSetting,
    namespace: namespaceOf(connection.namespace ?? vaultVariable(env, 'NAMESPACE')?.value, store),
    caFile: ca ?? fromEnvironment('CACERT'),
    caFolder: fromEnvironment('CAPATH'),
    caText: fromEnvironment('CACERT_BYTES'),
    clientCertificate:
      certificate && key && isOfEnvironment ? { certificate: certificate.value, key: key.value } : undefined,
    serverName: vaultVariable(env, 'TLS_SERVER_NAME')?.value,
    timeoutMs: timeoutOf(vaultVariable(env, 'CLIENT_TIMEOUT')),
    maxRetries: retriesOf(vaultVariable(env, 'MAX_RETRIES')),
    followRedirects: !isOn(vaultVariable(env, 'DISABLE_REDIRECTS')),
  };
}

function originOf(text: string): string | undefined {
  if (text.startsWith('unix://')) return text;
  return URL.canParse(text) ? new URL(text).origin : undefined;
}

function namespaceOf(text: string | undefined, store: string): string | undefined {
  const trimmed = text?.replace(/^\/+|\/+$/g, '');
  if (trimmed === undefined || trimmed === '') return undefined;
  if (/^[A-Za-z0-9_.@-]+(?:\/[A-Za-z0-9_.@-]+)*$/.test(trimmed)) return trimmed;
  throw new KeywardError('config', `${store}: the namespace is not the name of one`, {
    store,
    advice: 'Write it like team or org/team.',
  });
}

function timeoutOf(variable: SetVariable | undefined): number {
  if (variable === undefined) return defaultTimeoutMs;
  const { name, value } = variable;
  try {
    const ms = parseDuration(/^[0-9]+$/.test(value) ? `${value}s` : value);
    if (ms > 0) return ms;
  } catch {
    // Falls through to the one error, which names the variable.
  }
  throw new KeywardError('config', `${name} is not a time to wait`, { store: name, advice: 'Write it like 60s.' });
}

function retriesOf(variable: SetVariable | undefined): number {
  if (variable === undefined) return defaultRetries;
  const { name, value } = variable;
  if (/^[0-9]{1,4}$/.test(value)) return Math.min(Number(value), mostRetries);
  throw new KeywardError('config', `${name} is not a number of retries`, { store: name, advice: 'Write it like 2.' });
}
