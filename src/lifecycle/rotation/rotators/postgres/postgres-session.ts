import { isIP } from 'node:net';
import type { Client } from 'pg';
import { guardedAddresses } from '../../../../clients/guarded-addresses.js';
import { KeywardError } from '../../../../core/errors.js';
import { importOptional } from '../../../../core/import-optional.js';
import type { Login } from '../login-rotator.js';

export interface PostgresAddress {
  /** A name, an address, or the folder of a socket. */
  readonly host: string;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
}

const timeoutMs = 15_000;
const onThisMachine = /^(?:\/|localhost$|127(?:\.[0-9]{1,3}){3}$|::1$)/;

/**
 * Logs in, uses the session and ends it. Beyond this machine it is encrypted, and the server's certificate is checked.
 *
 * @throws KeywardError `unauthenticated` or `denied` when the login is refused, `invalid` when the server takes no such
 * password, `config` for what it does not know and for a host that is refused (`guardedAddresses`), `unavailable` for
 * everything else: whether it was done is open then.
 */
export async function withSession(
  { host, port = 5432, database = 'postgres' }: PostgresAddress,
  { username, password }: Login,
  use: (client: Client) => Promise<unknown>,
): Promise<void> {
  const isSocket = host.startsWith('/');
  const [address = host] = isSocket ? [host] : await guardedAddresses(host, 'rotating a login of PostgreSQL');
  const pg = await importOptional('pg', 'rotating a login of PostgreSQL', () => import('pg'));
  const client = new pg.Client({
    host: address,
    port,
    database,
    user: username,
    password: password.expose(),
    ssl: !onThisMachine.test(host) && { rejectUnauthorized: true, ...(isIP(host) === 0 && { servername: host }) },
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: 'keyward',
  });
  // A connection that breaks fails what waits for it; without a listener it would end the process.
  client.on('error', () => undefined);
  let isLoggedIn = false;
  try {
    await client.connect();
    isLoggedIn = true;
    await use(client);
  } catch (error) {
    throw asKeywardError(error, host, isLoggedIn);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** By SQLSTATE (appendix A of the manual); the text of the server stays with it, since it may quote what was sent. */
function asKeywardError(error: unknown, host: string, isLoggedIn: boolean): KeywardError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no code';
  const failed = (kind: KeywardError['code'], problem: string, advice?: string) =>
    new KeywardError(kind, `PostgreSQL at ${host} ${problem} (${code})`, { store: host, advice });
  if (code.startsWith('28') && !isLoggedIn) return failed('unauthenticated', 'refuses the login');
  if (code === '42501') return failed('denied', 'does not permit it', 'See the set-up in docs/guide/rotation.md.');
  // Modules that check passwords answer with either class.
  if (/^2[28]/.test(code)) return failed('invalid', 'does not take the password');
  if (code === '42704' || code === '3D000') return failed('config', 'has no such user or database');
  return failed('unavailable', 'could not be reached or could not do it');
}
