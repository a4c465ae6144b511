import { KeywardError } from '../../core/errors.js';

/** A server as a setting names it, spoken to over a socket. */
export interface ServerName {
  readonly host: string;
  readonly port: number;
  /** Whether it is beyond this machine: then it is spoken to over TLS only. */
  readonly isTls: boolean;
  /** For messages: `db.internal:6379`. */
  readonly text: string;
}

/** `db.internal`, `db.internal:6379`, `10.0.0.7:6379`, `[::1]:6379`. */
export const serverNamePattern = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i;

const onThisMachine = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|::1)$/;

/** @throws KeywardError `config` for what is no name of a server. */
export function parseServerName(text: string, defaultPort: number): ServerName {
  const [, address, name, digits] = serverNamePattern.exec(text) ?? [];
  const host = address ?? name;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new KeywardError('config', 'the name of a server is none', { advice: 'Write it like db.internal:6379.' });
  }
  return {
    host,
    port,
    isTls: !onThisMachine.test(host),
    text: `${address === undefined ? host : `[${host}]`}:${port}`,
  };
}
