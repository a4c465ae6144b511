import type { Client } from 'pg';
import { KeywardError } from '../../../../core/errors.js';
import { valueField } from '../../../../core/payload.js';
import { Secret } from '../../../../core/secret.js';
import { generateValue, parseRecipe } from '../../../generate/generate-value.js';
import type { Credential, Rotator } from '../rotator.js';
import { type Login, type PostgresAddress, withSession } from './postgres-session.js';
import { scramVerifier } from './scram-verifier.js';

export interface PostgresSettings extends PostgresAddress {
  /** One user, whose password is replaced, or two, who take turns. */
  readonly users: readonly string[];
  /** Path of the secret with `username` and `password` of who may set passwords; without, the one user does it. */
  readonly administrator?: string | undefined;
  /** Whether sessions of a user end when its turn is over. */
  readonly endSessions?: boolean | undefined;
}

export interface PostgresOptions {
  readonly postgres: PostgresSettings;
  /** Where the password of one user is. */
  readonly field?: string | undefined;
  readonly path: string;
  /** The fields of the administrator's secret. */
  readonly fieldsOf: (path: string) => Promise<Readonly<Record<string, Secret>>>;
}

/** 238 bits. */
const recipe = parseRecipe('alnum:40');

/**
 * Logins of PostgreSQL. The server is sent verifiers, never a password: it could stand in its log. A user whose turn is
 * over has no password until its next one.
 *
 * @throws KeywardError `config` for other than one or two users, and for two without an administrator.
 */
export function createPostgresRotator({ postgres, field = valueField, path, fieldsOf }: PostgresOptions): Rotator {
  const { users, administrator, endSessions = false } = postgres;
  const [first, second] = users;
  const wrong = (problem: string, advice: string) =>
    new KeywardError('config', `${path}: ${problem}`, { path, advice });
  if (first === undefined || users.length > 2 || (second !== undefined && administrator === undefined)) {
    throw wrong('`users` has to name one, or two and an `administrator`', 'See docs/guide/rotation.md.');
  }

  const partOf = (fields: ReadonlyMap<string, Secret>, name: string): Secret => {
    const part = fields.get(name);
    if (part !== undefined) return part;
    throw wrong(`the field ${name} is not there`, 'Store it with: keyward set');
  };
  const loginOf = (credential: Credential): Login =>
    second === undefined
      ? { username: first, password: partOf(credential, field) }
      : { username: partOf(credential, 'username').expose(), password: partOf(credential, 'password') };
  /** Of whom a password may be set: of nobody whom the settings do not name. */
  const ownUserOf = (credential: Credential): string => {
    const { username } = loginOf(credential);
    if (users.includes(username)) return username;
    throw wrong('its `username` is none of `users`', 'Store one of them, with its password, with: keyward set');
  };

  const asAdministrator = async (admin: string, use: (client: Client) => Promise<unknown>) => {
    const fields = new Map(Object.entries(await fieldsOf(admin)));
    const login = { username: partOf(fields, 'username').expose(), password: partOf(fields, 'password') };
    await withSession(postgres, login, use);
  };
  const setAs = (credential: Credential, statement: string) =>
    withSession(postgres, loginOf(credential), (client) => client.query(statement));

  return {
    kind: second === undefined ? 'swap' : 'overlap',
    hasTarget: true,
    async generate(current) {
      const password = generateValue(recipe);
      if (second === undefined) {
        // What could not be set again could not be gone back to.
        if (current !== undefined) scramVerifier(loginOf(current).password.expose());
        return new Map([[field, password]]);
      }
      const username = current !== undefined && ownUserOf(current) === first ? second : first;
      return new Map([
        ['username', Secret.fromText(username)],
        ['password', password],
      ]);
    },
    async set({ from, to }) {
      const statement = `ALTER ROLE ${quoted(ownUserOf(to))} PASSWORD '${scramVerifier(loginOf(to).password.expose())}'`;
      if (administrator !== undefined) return asAdministrator(administrator, (client) => client.query(statement));
      try {
        await setAs(from ?? to, statement);
      } catch (error) {
        // It may have been done before.
        await setAs(to, 'SELECT 1').catch(() => {
          throw error;
        });
      }
    },
    test: (credential) => setAs(credential, 'SELECT 1'),
    async revoke(credential, inForce) {
      const username = ownUserOf(credential);
      const isUsed = inForce !== undefined && loginOf(inForce).username === username;
      if (second === undefined || administrator === undefined || isUsed) return;
      await asAdministrator(administrator, async (client) => {
        await client.query(`ALTER ROLE ${quoted(username)} PASSWORD NULL`);
        if (!endSessions) return;
        await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [username]);
      });
    },
  };
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
