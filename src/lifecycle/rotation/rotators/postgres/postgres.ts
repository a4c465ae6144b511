import { createLoginRotator, type LoginRotatorOptions } from '../login-rotator.js';
import type { Rotator } from '../rotator.js';
import { type PostgresAddress, withSession } from './postgres-session.js';
import { scramVerifier } from './scram-verifier.js';

export interface PostgresSettings extends PostgresAddress {
  /** One user, whose password is replaced, or two, who take turns. */
  readonly users: readonly string[];
  /** Path of the secret with `username` and `password` of who may set passwords; without, the one user does it. */
  readonly administrator?: string | undefined;
  /** Whether sessions of a user end when its turn is over. */
  readonly endSessions?: boolean | undefined;
}

export interface PostgresOptions extends Omit<LoginRotatorOptions, 'users' | 'administrator'> {
  readonly postgres: PostgresSettings;
}

/**
 * Logins of PostgreSQL. The server is sent verifiers, never a password: it could stand in its log. A user whose turn is
 * over has no password until its next one.
 *
 * @throws KeywardError as `createLoginRotator`.
 */
export function createPostgresRotator({ postgres, ...options }: PostgresOptions): Rotator {
  const { users, administrator, endSessions = false } = postgres;
  return createLoginRotator(
    { ...options, users, administrator },
    {
      takesTwoPasswords: false,
      assertSettable: (password) => void scramVerifier(password.expose()),
      async set({ username, password }, by) {
        const statement = `ALTER ROLE ${quoted(username)} PASSWORD '${scramVerifier(password.expose())}'`;
        await withSession(postgres, by, (client) => client.query(statement));
      },
      test: (login) => withSession(postgres, login, (client) => client.query('SELECT 1')),
      revoke: ({ username }, by) =>
        withSession(postgres, by, async (client) => {
          await client.query(`ALTER ROLE ${quoted(username)} PASSWORD NULL`);
          if (!endSessions) return;
          await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [username]);
        }),
    },
  );
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
