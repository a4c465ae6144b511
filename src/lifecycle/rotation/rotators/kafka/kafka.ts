import { randomBytes } from 'node:crypto';
import { parseServerName, type ServerName } from '../../../../clients/socket/server-name.js';
import { type Clock, sleep, systemClock } from '../../../../core/clock.js';
import { isKeywardError, KeywardError } from '../../../../core/errors.js';
import type { Secret } from '../../../../core/secret.js';
import { createLoginRotator, type Login, type LoginRotatorOptions } from '../login-rotator.js';
import type { Rotator } from '../rotator.js';
import { saltedPassword } from '../scram.js';
import { type KafkaSession, type ScramMechanism, scramMechanisms, withKafka } from './kafka-session.js';

export interface KafkaSettings {
  /** Brokers: every one that clients are given, since each learns of a password by itself. */
  readonly servers: readonly string[];
  /** One user, whose password is replaced, or two, who take turns. */
  readonly users: readonly string[];
  /** Path of the secret with `username` and `password` of who may set passwords; without, the one user does it. */
  readonly administrator?: string | undefined;
  /** Of users and administrator; SCRAM-SHA-512 when absent. */
  readonly mechanism?: ScramMechanism | undefined;
}

export interface KafkaOptions extends Omit<LoginRotatorOptions, 'users' | 'administrator'> {
  readonly kafka: KafkaSettings;
  readonly clock?: Clock | undefined;
}

/** How long brokers may take until they know of a change that the controller has written. */
const spreadsWithinMs = 10_000;
const lookAgainMs = 100;

/**
 * Logins of Kafka by SCRAM. The password is salted here and never sent. Kafka keeps one password for each user and
 * mechanism, so that two at a time take two users.
 */
export function createKafkaRotator({ kafka, clock = systemClock, ...options }: KafkaOptions): Rotator {
  const { users, administrator, mechanism = 'SCRAM-SHA-512' } = kafka;
  const servers = kafka.servers.map((text) => parseServerName(text, 9092));
  const logIn = (server: ServerName, login: Login) => withKafka(server, { login, mechanism }, async () => undefined);

  const salted = (password: Secret) => {
    const salt = randomBytes(16);
    return { salt, password: saltedPassword(password.expose(), salt, scramMechanisms[mechanism]) };
  };
  /** By the first broker that can. */
  const alter = async (login: Login, use: (session: KafkaSession) => Promise<boolean>) => {
    for (const server of servers) if (await withKafka(server, { login, mechanism }, use)) return;
    throw new KeywardError('config', 'none of the brokers is the controller', { advice: 'Name all in `servers`.' });
  };
  /** Waits until every broker accepts the login, or refuses it. */
  const spread = async (login: Login, isAccepted: boolean) => {
    const until = clock.monotonic() + spreadsWithinMs;
    for (const server of servers) {
      while ((await works(server, login)) !== isAccepted) {
        if (clock.monotonic() > until) {
          throw new KeywardError('unavailable', `${server.text} does not know of the change yet`, {
            store: server.text,
          });
        }
        await sleep(clock, lookAgainMs);
      }
    }
  };
  const works = async (server: ServerName, login: Login): Promise<boolean> => {
    try {
      await logIn(server, login);
      return true;
    } catch (error) {
      if (isKeywardError(error, 'unauthenticated')) return false;
      throw error;
    }
  };

  return createLoginRotator(
    { ...options, users, administrator },
    {
      takesTwoPasswords: false,
      assertSettable: (password) => void salted(password),
      async set(login, by) {
        const credential = salted(login.password);
        await alter(by, (session) => session.alter(login.username, mechanism, credential));
        await spread(login, true);
      },
      async test(login) {
        for (const server of servers) await logIn(server, login);
      },
      async revoke(login, by) {
        await alter(by, (session) => session.alter(login.username, mechanism));
        await spread(login, false);
      },
    },
  );
}
