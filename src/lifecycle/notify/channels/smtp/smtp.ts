import { isIP, Socket } from 'node:net';
import { resolve } from 'node:path';
import { guardedAddresses } from '../../../../clients/guarded-addresses.js';
import { readCertificates } from '../../../../clients/http/certificate-files.js';
import { connectionFailure } from '../../../../clients/http/http-failure.js';
import { inTime } from '../../../../clients/in-time.js';
import { type ErrorCode, KeywardError } from '../../../../core/errors.js';
import { importOptional } from '../../../../core/import-optional.js';
import type { Notification } from '../../../../core/notification.js';
import { messageText, messageTitle } from '../../message-text.js';
import type { Channel } from '../channel.js';
import type { ChannelContext } from '../channel-kind.js';

export interface SmtpOptions {
  readonly host: string;
  /** 587 when absent. At 465 the connection is encrypted from its start, elsewhere by STARTTLS, and never not at all. */
  readonly port?: number | undefined;
  readonly from: string;
  readonly to: readonly string[];
  /** The sender's address when absent. */
  readonly username?: string | undefined;
  /** Where the password is; nobody signs in without. */
  readonly password?: string | undefined;
  readonly ca?: string | undefined;
}

const timeoutMs = 10_000;
const portWithTls = 465;

/** A mail, handed to a server that sends it on. */
export function createSmtpChannel(options: SmtpOptions, context: ChannelContext): Channel {
  const { host, port = 587, from, to, username = from, password, ca } = options;
  const mail = async (notification: Notification, socket: Socket) => {
    const nodemailer = await importOptional('nodemailer', 'sending mails', () => import('nodemailer'));
    const [address] = await guardedAddresses(host, 'smtp', context.resolve);
    const authority = ca === undefined ? undefined : await readCertificates(resolve(context.folder, ca));
    const login = password === undefined ? undefined : (await context.secretOf(password)).expose();
    const transport = nodemailer.createTransport({
      host: address,
      port,
      socket,
      secure: port === portWithTls,
      requireTLS: true,
      ...(login !== undefined && { auth: { user: username, pass: login } }),
      tls: {
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
        ...(isIP(host) === 0 && { servername: host }),
        ...(authority !== undefined && { ca: authority }),
      },
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      await transport.sendMail({
        from,
        to: [...to],
        subject: messageTitle(notification),
        text: messageText(notification),
      });
    } catch (error) {
      throw failure(error, host);
    }
  };
  return {
    async send(notification) {
      const socket = new Socket();
      try {
        await inTime(mail(notification, socket), { store: 'smtp', clock: context.clock, timeoutMs });
      } finally {
        // The timeouts of the library begin anew whenever the server says something.
        socket.destroy();
      }
    },
  };
}

const codes: Readonly<Record<string, ErrorCode>> = {
  EAUTH: 'unauthenticated',
  ENOAUTH: 'unauthenticated',
  EENVELOPE: 'denied',
  EMESSAGE: 'denied',
  ETLS: 'integrity',
  ETIMEDOUT: 'timeout',
};

/** By the codes of the library; what the server says stays with it, since it may quote what it was sent. */
function failure(error: unknown, host: string): KeywardError {
  const codeOf = (name: string) =>
    error instanceof Error ? String(Object.getOwnPropertyDescriptor(error, name)?.value) : '';
  const code = codeOf('code');
  if (code === 'ESOCKET') {
    const cause = Object.assign(new Error(code), { code: codeOf('originalCode') });
    return connectionFailure(cause, { store: 'smtp', origin: host, caSetting: '`ca` of smtp' });
  }
  return new KeywardError(codes[code] ?? 'unavailable', `${host} did not take the mail (${code})`, { store: 'smtp' });
}
