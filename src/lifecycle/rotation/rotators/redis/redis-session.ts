import { type Channel, withChannel, wrongAnswer } from '../../../../clients/socket/channel.js';
import type { ServerName } from '../../../../clients/socket/server-name.js';
import { KeywardError } from '../../../../core/errors.js';
import type { Login } from '../login-rotator.js';

/** What a server refused, in its own words, which stay in here: they may quote what was sent. */
export class RedisRefusal {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type RedisReply = string | number | null | RedisRefusal | readonly RedisReply[];

/** Sends a command and answers what comes back. */
export type AskRedis = (...command: readonly string[]) => Promise<RedisReply>;

const maxLineBytes = 4096;
const maxTextBytes = 65_536;
const maxItems = 1024;
const maxDepth = 4;

/**
 * Logs in, uses the session and ends it (RESP2, as Redis from 6 on and Valkey speak it).
 *
 * @throws KeywardError `unauthenticated` when the login is refused; as `withChannel` and `done`.
 */
export async function withRedis<T>(
  server: ServerName,
  { username, password }: Login,
  use: (ask: AskRedis) => Promise<T>,
): Promise<T> {
  return withChannel(server, async (channel) => {
    const ask: AskRedis = async (...command) => {
      const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
      channel.write(Buffer.from(`*${command.length}\r\n${parts.join('')}`));
      return readReply(channel);
    };
    const answer = await ask('AUTH', username, password.expose());
    if (answer instanceof RedisRefusal && answer.text.startsWith('WRONGPASS')) {
      throw new KeywardError('unauthenticated', `${server.text} refuses the login`, { store: server.text });
    }
    done(server, answer);
    return use(ask);
  });
}

/** @throws KeywardError for a refusal, also one within an answer: `denied`, `config` or `unavailable`. */
export function done(server: ServerName, reply: RedisReply): void {
  if (Array.isArray(reply)) for (const item of reply) done(server, item);
  if (!(reply instanceof RedisRefusal)) return;
  const [word = ''] = /^[A-Z]+\b/.exec(reply.text) ?? [];
  const failed = (code: KeywardError['code'], problem: string, advice?: string) =>
    new KeywardError(code, `${server.text} ${problem} (${word})`, { store: server.text, advice });
  if (word === 'NOPERM') throw failed('denied', 'does not permit it', 'See the set-up in docs/guide/rotation.md.');
  if (/^ERR (?:unknown|wrong number)/i.test(reply.text)) throw failed('config', 'is no Redis from 6 on, or lacks ACL');
  throw failed('unavailable', 'could not do it');
}

async function readReply(channel: Channel, depth = 0): Promise<RedisReply> {
  const line = await channel.readLine(maxLineBytes);
  const [type, rest] = [line[0], line.slice(1)];
  if (type === '+') return rest;
  if (type === '-') return new RedisRefusal(rest);
  if (!/^-?\d{1,15}$/.test(rest)) throw wrongAnswer();
  const number = Number(rest);
  if (type === ':') return number;
  if (number === -1 && (type === '$' || type === '*')) return null;
  if (type === '$' && number >= 0 && number <= maxTextBytes) {
    const bytes = await channel.read(number + 2);
    if (bytes.subarray(number).toString('latin1') === '\r\n') return bytes.toString('utf8', 0, number);
  }
  if (type === '*' && number >= 0 && number <= maxItems && depth < maxDepth) {
    const items: RedisReply[] = [];
    for (let at = 0; at < number; at += 1) items.push(await readReply(channel, depth + 1));
    return items;
  }
  throw wrongAnswer();
}
