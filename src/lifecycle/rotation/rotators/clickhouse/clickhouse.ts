import { createHash, randomBytes } from 'node:crypto';
import { wrongAnswer } from '../../../../clients/socket/channel.js';
import { parseServerName } from '../../../../clients/socket/server-name.js';
import { type Clock, systemClock } from '../../../../core/clock.js';
import { Secret } from '../../../../core/secret.js';
import { createLoginRotator, type Login, type LoginRotatorOptions } from '../login-rotator.js';
import type { Rotator } from '../rotator.js';
import { askClickhouse } from './clickhouse-session.js';

export interface ClickhouseSettings {
  /** Every server that has the users. */
  readonly servers: readonly string[];
  /** One user, who has both passwords through the grace (from 24.9 on), or two, who take turns. */
  readonly users: readonly string[];
  /** Path of the secret with `username` and `password` of who may change users; without, the one user does it. */
  readonly administrator?: string | undefined;
}

export interface ClickhouseOptions extends Omit<LoginRotatorOptions, 'users' | 'administrator'> {
  readonly clickhouse: ClickhouseSettings;
  readonly clock?: Clock | undefined;
}

/**
 * Logins of ClickHouse. Its statements hold salted SHA-256, never a password. Nothing takes a single password away from
 * a user, so one is taken away by setting the other one alone, or one that nobody knows.
 */
export function createClickhouseRotator({ clickhouse, clock = systemClock, ...options }: ClickhouseOptions): Rotator {
  const { users, administrator } = clickhouse;
  const servers = clickhouse.servers.map((text) => parseServerName(text, 8443));
  const hasOneUser = users.length === 1;
  const askEach = async (login: Login, statement: string, expected: string) => {
    for (const server of servers) {
      if ((await askClickhouse(server, login, { statement, clock })) !== expected) throw wrongAnswer();
    }
  };
  const identify = (login: Login, by: Login, isBeside: boolean) =>
    askEach(by, `ALTER USER ${quoted(login.username)} ${isBeside ? 'ADD ' : ''}${identified(login)}`, '');
  return createLoginRotator(
    { ...options, users, administrator },
    {
      takesTwoPasswords: hasOneUser,
      assertSettable: () => undefined,
      set: (login, by) => identify(login, by, hasOneUser),
      test: (login) => askEach(login, 'SELECT 1', '1\n'),
      revoke: ({ username }, by, kept) =>
        identify(kept ?? { username, password: Secret.fromBytes(randomBytes(32)) }, by, false),
    },
  );
}

/** SHA-256 over password and salt. */
function identified({ password }: Login): string {
  const salt = randomBytes(16).toString('hex');
  const hash = createHash('sha256').update(password.exposeBytes()).update(salt).digest('hex');
  return `IDENTIFIED WITH sha256_hash BY '${hash}' SALT '${salt}'`;
}

function quoted(identifier: string): string {
  return `\`${identifier.replaceAll(/[\\`]/g, '\\$&')}\``;
}
