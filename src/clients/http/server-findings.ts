import type { IncomingMessage, RequestOptions } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../../core/clock.js';
import type { Finding } from '../../core/finding.js';
import type { TlsMaterial } from './http-client.js';
import type { ServerAddress } from './origin.js';

export interface LookedAtServer {
  /** Name of the store, for the findings. */
  readonly store: string;
  readonly address: ServerAddress;
  readonly tls?: TlsMaterial | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

const timeoutMs = 5_000;
const dayMs = 86_400_000;
const soonMs = 14 * dayMs;
/** Signed requests are refused at five minutes. */
const skewMs = 60_000;

/**
 * What is to be said about a server before it fails: a certificate that ends soon, a clock that differs from ours. Sends
 * one request without any credential. A server that cannot be reached gives nothing: whoever asks it for something
 * hears why.
 */
export async function serverFindings(server: LookedAtServer): Promise<readonly Finding[]> {
  const seen = await look(server).catch(() => undefined);
  if (seen === undefined) return [];
  const { store, address, clock } = server;
  const findings: Finding[] = [];
  const note = (severity: Finding['severity'], cause: string, fix: string) =>
    findings.push({ severity, where: `${store} (${address.origin})`, cause, fix });
  const leftMs = seen.certificateEndsAt === undefined ? Number.NaN : seen.certificateEndsAt.getTime() - clock.now();
  if (leftMs < soonMs) {
    const days = Math.max(0, Math.floor(leftMs / dayMs));
    note('warning', `its certificate ends in ${days} days`, 'Renew the certificate of the server.');
  }
  const aheadMs = seen.date === undefined ? Number.NaN : clock.now() - seen.date.getTime();
  if (Math.abs(aheadMs) > skewMs) {
    const seconds = Math.round(Math.abs(aheadMs) / 1000);
    const cause = `this machine's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the server's`;
    note('warning', cause, 'Set the clock by NTP: timedatectl set-ntp true');
  }
  return findings;
}

interface Seen {
  readonly date: Date | undefined;
  readonly certificateEndsAt: Date | undefined;
}

async function look({ address, tls, signal }: LookedAtServer): Promise<Seen> {
  const options: RequestOptions & { ca?: string[]; cert?: string; key?: string; servername?: string } = {
    method: 'HEAD',
    hostname: address.hostname,
    path: `${address.basePath}/`,
    agent: false,
    signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
    ...(address.port !== undefined && { port: address.port }),
    ...(address.socketPath !== undefined && { socketPath: address.socketPath }),
    ...(address.isTls && { rejectUnauthorized: true }),
    ...(tls?.ca && { ca: [...tls.ca] }),
    ...(tls?.certificate !== undefined && { cert: tls.certificate }),
    ...(tls?.key !== undefined && { key: tls.key }),
    ...(tls?.serverName !== undefined && { servername: tls.serverName }),
  };
  const { request } = await (address.isTls ? import('node:https') : import('node:http'));
  return new Promise((resolve, reject) => {
    const outgoing = request(options);
    outgoing.once('error', reject);
    outgoing.once('response', (incoming) => {
      resolve({ date: dateOf(incoming.headers.date), certificateEndsAt: endOfCertificate(incoming) });
      incoming.destroy();
    });
    outgoing.end();
  });
}

function endOfCertificate({ socket }: IncomingMessage): Date | undefined {
  return socket instanceof TLSSocket ? dateOf(socket.getPeerCertificate().valid_to) : undefined;
}

function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}
