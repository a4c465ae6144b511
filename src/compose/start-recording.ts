import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import type { Client } from '../core/client.js';
import type { Clock } from '../core/clock.js';
import { KeywardError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import type { Path } from '../core/path.js';
import type { Secret } from '../core/secret.js';
import { ensureOwnedFolder, readOwnedFile } from '../host/owned-file.js';
import { userName } from '../host/user-name.js';
import { AccessLog } from '../telemetry/access-log.js';
import type { AccessSink } from '../telemetry/access-sink.js';
import type { AuditConfig } from './audit-schema.js';
import type { Config } from './config.js';
import { accessSinks } from './sink-registry.js';

const maxTokenBytes = 16 * 1024;

export interface RecordingOptions {
  readonly config: Config;
  readonly audit: AuditConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The process that reads. */
  readonly processId: number;
  /** Holds the file of the access log where the configuration names no other one. */
  readonly stateFolder: string;
  readonly connect: () => Promise<Client>;
  /** Names of the links to Keyward's own store, which keeps a log of its own. */
  readonly ownLinks: ReadonlySet<string>;
  readonly pathInStore: (path: Path) => Path;
  readonly known: () => Iterable<Secret>;
  readonly output: { readonly name: string; readonly stream: Writable };
  readonly clock: Clock;
  readonly onFinding: (finding: Finding) => void;
}

/**
 * The access log that the configuration asks for. What was gathered is handed over when the process comes to its end.
 *
 * @throws KeywardError `config` when a place of it cannot be used.
 */
export async function startRecording(options: RecordingOptions): Promise<AccessLog> {
  const { config, audit, clock } = options;
  const { project, environment } = config;
  const log = new AccessLog({
    sinks: await sinksOf(options),
    level: audit.level ?? 'info',
    about: { principal: audit.principal ?? userName(), process: options.processId, project, environment },
    known: options.known,
    clock,
    onFinding: options.onFinding,
  });
  const atExit = () => log.flushAtExit();
  const beforeExit = () => void log.flush();
  process.on('exit', atExit);
  process.once('beforeExit', beforeExit);
  const close = log.close.bind(log);
  return Object.assign(log, {
    close: async () => {
      await close();
      process.off('exit', atExit);
      process.off('beforeExit', beforeExit);
    },
  });
}

async function sinksOf(options: RecordingOptions): Promise<readonly AccessSink[]> {
  const { config, audit, clock, output } = options;
  const sinks: AccessSink[] = [];
  if (audit.file !== undefined) {
    if (audit.file === true) await ensureOwnedFolder(options.stateFolder);
    sinks.push(accessSinks.file(accessLogFile(audit.file, options)));
  }
  if (audit.stdout !== undefined) sinks.push(accessSinks.stdout(output.name, output.stream));
  if (audit.http !== undefined) {
    refuseUnverified(options.env);
    const { tokenFile } = audit;
    const token = tokenFile === undefined ? undefined : () => readToken(resolve(config.folder, tokenFile));
    sinks.push(accessSinks.http({ url: new URL(audit.http), token, clock }));
  }
  if (audit.store !== undefined) {
    const { connect, ownLinks, pathInStore } = options;
    sinks.push(
      accessSinks.store({
        connect: async () => (await connect()).audit,
        isRecorded: (entry) => entry.event === 'access' && !entry.cached && ownLinks.has(entry.provider),
        pathInStore,
      }),
    );
  }
  return sinks;
}

/** Where `audit.file` leads. */
export function accessLogFile(
  file: true | string,
  { config, stateFolder }: Pick<RecordingOptions, 'config' | 'stateFolder'>,
): string {
  return file === true ? join(stateFolder, 'access.log') : resolve(config.folder, file);
}

async function readToken(path: string): Promise<string> {
  const bytes = await readOwnedFile(path, { maxBytes: maxTokenBytes });
  const token = bytes === undefined ? '' : new TextDecoder().decode(bytes).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new KeywardError('config', `${path} holds no token`, {
    store: path,
    advice: 'It holds one line of printable characters, with mode 0600.',
  });
}

function refuseUnverified(env: Readonly<Record<string, string | undefined>>): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0' && process.env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  throw new KeywardError('config', 'the access log is not sent while NODE_TLS_REJECT_UNAUTHORIZED=0 is set', {
    advice: 'Name the certificate of the issuer with NODE_EXTRA_CA_CERTS instead.',
  });
}
