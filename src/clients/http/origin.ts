import { KeywardError } from '../../core/errors.js';
import { quoted } from '../../core/path.js';

/** A server as a setting names it. */
export interface ServerAddress {
  /** `https://vault.example.com:8200`, for comparisons and messages. */
  readonly origin: string;
  readonly isTls: boolean;
  readonly hostname: string;
  readonly port: number | undefined;
  /** What stands before every path, without a slash at its end. */
  readonly basePath: string;
  /** The socket that it listens at on this machine, in place of a port. */
  readonly socketPath?: string | undefined;
}

const loopback = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;

/**
 * The server behind a socket of this machine: `unix:///run/vault/agent.sock`; `undefined` for an address of another kind.
 *
 * @throws KeywardError `config` for a path that is not absolute.
 */
export function parseSocketAddress(text: string, setting: string): ServerAddress | undefined {
  const [, socketPath] = /^unix:\/\/(.*)$/s.exec(text) ?? [];
  if (socketPath === undefined) return undefined;
  if (/^\/[^\0]+$/.test(socketPath)) {
    return { origin: text, isTls: false, hostname: 'localhost', port: undefined, basePath: '', socketPath };
  }
  throw new KeywardError('config', `${setting} names no socket`, {
    store: setting,
    advice: 'Write it like unix:///run/vault/agent.sock.',
  });
}

/**
 * The server that the text names: `https:`, or `http:` on this machine. Elsewhere a credential would travel in the
 * clear, which only `allowPlaintext` permits.
 *
 * @param setting Where the text stands, for messages: `VAULT_ADDR`.
 * @throws KeywardError `config`
 */
export function parseServerAddress(text: string, setting: string, allowPlaintext = false): ServerAddress {
  const refuse = (problem: string, advice: string) =>
    new KeywardError('config', `${setting} ${problem}`, { store: setting, advice });
  const example = 'Write it like https://vault.example.com:8200.';
  if (!URL.canParse(text)) throw refuse('is not an address', example);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw refuse('holds more than a server and a path', 'Leave out user name, password, query and fragment.');
  }
  const isTls = url.protocol === 'https:';
  if (!isTls && url.protocol !== 'http:')
    throw refuse(`is neither https: nor http: (${quoted(url.protocol)})`, example);
  if (!isTls && !allowPlaintext && !loopback.test(url.hostname)) {
    throw refuse(
      `is ${url.origin}, which sends credentials and secrets unencrypted over the network`,
      'Use https:. Where that cannot be, a trusted keyward.yaml can say allowPlaintext: true.',
    );
  }
  return {
    origin: url.origin,
    isTls,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? undefined : Number(url.port),
    basePath: url.pathname.replace(/\/+$/, ''),
  };
}
