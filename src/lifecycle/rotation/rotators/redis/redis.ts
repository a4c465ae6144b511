import { createHash } from 'node:crypto';
import { parseServerName, type ServerName } from '../../../../clients/socket/server-name.js';
import { KeywardError } from '../../../../core/errors.js';
import type { Secret } from '../../../../core/secret.js';
import { createLoginRotator, type LoginRotatorOptions } from '../login-rotator.js';
import type { Rotator } from '../rotator.js';
import { type AskRedis, done, RedisRefusal, type RedisReply, withRedis } from './redis-session.js';

export interface RedisSettings {
  /** Every server that has the user, replicas too: Redis does not pass users on. */
  readonly servers: readonly string[];
  readonly user: string;
  /** Path of the secret with `username` and `password` of who may change users; without, the user does it. */
  readonly administrator?: string | undefined;
}

export interface RedisOptions extends Omit<LoginRotatorOptions, 'users' | 'administrator'> {
  readonly redis: RedisSettings;
}

/**
 * Passwords of one user of Redis or Valkey, who can have several. Changes are sent as SHA-256, never as a password, and
 * together with the command that makes the server keep them for its next start.
 */
export function createRedisRotator({ redis, ...options }: RedisOptions): Rotator {
  const { user, administrator } = redis;
  const servers = redis.servers.map((text) => parseServerName(text, 6379));
  const onEach = async (use: (server: ServerName) => Promise<void>) => {
    for (const server of servers) await use(server);
  };
  return createLoginRotator(
    { ...options, users: [user], administrator },
    {
      takesTwoPasswords: true,
      assertSettable: () => undefined,
      set: ({ password }, by) =>
        onEach((server) => withRedis(server, by, (ask) => changePasswords({ server, ask, user }, 'add', password))),
      test: (login) => onEach((server) => withRedis(server, login, async () => undefined)),
      revoke: ({ password }, by) =>
        onEach((server) => withRedis(server, by, (ask) => changePasswords({ server, ask, user }, 'remove', password))),
    },
  );
}

interface Session {
  readonly server: ServerName;
  readonly ask: AskRedis;
  readonly user: string;
}

/** @throws KeywardError `config` where there is no such user, or the server would forget the change; as `done`. */
async function changePasswords(
  { server, ask, user }: Session,
  what: 'add' | 'remove',
  password: Secret,
): Promise<void> {
  const hash = createHash('sha256').update(password.exposeBytes()).digest('hex');
  const found = await ask('ACL', 'GETUSER', user);
  done(server, found);
  if (found === null) {
    // Setting a password would make one.
    throw new KeywardError('config', `${server.text} has no user ${user}`, { store: server.text });
  }
  if (passwordHashes(found).includes(hash) === (what === 'add')) return;
  const [change, inverse] = what === 'add' ? [`#${hash}`, `!${hash}`] : [`!${hash}`, `#${hash}`];
  const keep = await howToKeep(server, ask);
  // All or nothing, also when the connection ends: a change that is not kept would be lost with the next start.
  done(server, await ask('MULTI'));
  done(server, await ask('ACL', 'SETUSER', user, change));
  done(server, await ask(...keep));
  const outcome = await ask('EXEC');
  try {
    done(server, outcome);
  } catch (error) {
    await ask('ACL', 'SETUSER', user, inverse);
    throw error;
  }
}

/** `passwords` in the answer to ACL GETUSER: names and values in turn. */
function passwordHashes(user: RedisReply): readonly RedisReply[] {
  const entries = Array.isArray(user) ? user : [];
  const hashes: RedisReply | undefined = entries[entries.indexOf('passwords') + 1];
  return Array.isArray(hashes) ? hashes : [];
}

/** The command that works, found by doing it. */
async function howToKeep(server: ServerName, ask: AskRedis): Promise<readonly string[]> {
  const [toFile, toConfig] = [
    ['ACL', 'SAVE'],
    ['CONFIG', 'REWRITE'],
  ] as const;
  const saved = await ask(...toFile);
  if (!(saved instanceof RedisRefusal && saved.text.includes('not configured to use an ACL file'))) {
    done(server, saved);
    return toFile;
  }
  const rewritten = await ask(...toConfig);
  if (rewritten instanceof RedisRefusal && rewritten.text.startsWith('ERR')) {
    throw new KeywardError('config', `${server.text} would forget the password at its next start`, {
      store: server.text,
      advice: 'Give it an `aclfile`, or a file of settings that it may write.',
    });
  }
  done(server, rewritten);
  return toConfig;
}
