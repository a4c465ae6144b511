import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { type Clock, systemClock } from '../../core/clock.js';
import { KeywardError } from '../../core/errors.js';
import { guardedAddresses } from '../guarded-addresses.js';
import { connectionFailure } from '../http/http-failure.js';
import type { ServerName } from './server-name.js';

const timeoutMs = 15_000;

/** Bytes to and from a server. */
export class Channel {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  #unread = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** The next bytes, exactly so many. */
  async read(length: number): Promise<Buffer> {
    while (this.#unread.length < length) await this.#more();
    return this.#take(length);
  }

  /** The next line without its end, CR LF. @throws KeywardError `unavailable` for a longer one. */
  async readLine(maxBytes: number): Promise<string> {
    for (;;) {
      const end = this.#unread.indexOf('\r\n');
      if (end > maxBytes || (end < 0 && this.#unread.length > maxBytes + 1)) throw wrongAnswer();
      if (end >= 0) return this.#take(end + 2).toString('utf8', 0, end);
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const { value, done } = await this.#chunks.next();
    if (done === true) throw new Error('the answer broke off');
    this.#unread = Buffer.concat([this.#unread, value]);
  }

  #take(length: number): Buffer {
    const taken = this.#unread.subarray(0, length);
    this.#unread = this.#unread.subarray(length);
    return taken;
  }
}

/** For an answer that is not of the protocol: what became of the question is open. */
export function wrongAnswer(): KeywardError {
  return new KeywardError('unavailable', 'what answers does not speak the protocol', { advice: 'Check the address.' });
}

/**
 * Connects, uses the connection and ends it, all within 15 s. Beyond this machine it is encrypted, and the server's
 * certificate is checked, against those of Node and of `NODE_EXTRA_CA_CERTS`.
 *
 * @throws KeywardError `unavailable` when it cannot be reached or breaks off, `timeout`, `integrity` for a failed check
 * of the certificate, `config` where the server wants one of us; as
 * `guardedAddresses`; and what `use` throws.
 */
export async function withChannel<T>(
  server: ServerName,
  use: (channel: Channel) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const socket = await open(server);
  let isLate = false;
  const timer = clock.after(timeoutMs, () => {
    isLate = true;
    socket.destroy(new Error('late'));
  });
  try {
    return await use(new Channel(socket));
  } catch (error) {
    if (isLate) throw new KeywardError('timeout', `${server.text} did not answer in time`, { store: server.text });
    if (error instanceof KeywardError) throw error;
    throw failureOf(error, server.text);
  } finally {
    timer.cancel();
    socket.destroy();
  }
}

async function open({ host: name, port, isTls, text }: ServerName): Promise<Socket> {
  const [host = name] = await guardedAddresses(name, text);
  if (!isTls) return connectPlain({ host, port });
  const { connect } = await import('node:tls');
  const servername = isIP(name) === 0 ? name : '';
  return connect({ host, port, servername, rejectUnauthorized: true, minVersion: 'TLSv1.2' });
}

function failureOf(error: unknown, text: string): KeywardError {
  const failure = connectionFailure(error, { store: text, origin: text, caSetting: 'NODE_EXTRA_CA_CERTS' });
  if (failure.code !== 'unauthenticated') return failure;
  return new KeywardError('config', `${text} wants a certificate of its client, and none is shown`, {
    store: text,
    advice: 'Let it take clients without one where they have a password.',
  });
}
