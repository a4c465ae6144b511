import { join } from 'node:path';
import { BackendProcess, freePort, removeFolder, temporaryFolder } from '../backend.js';
import { installPythonPackage, type PythonPackage } from '../python-packages.js';

interface EmulatorKind {
  readonly package: PythonPackage;
  readonly program: string;
  readonly args: (port: string) => readonly string[];
  readonly env: (port: string) => Readonly<Record<string, string>>;
  readonly resetPath: string;
}

const motoVersion = '5.2.5';

/**
 * As moto's own program does, but one request at a time: what it keeps must not be changed while another looks through it.
 */
const serveMoto = `
import sys
from werkzeug.serving import run_simple
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
app = DomainDispatcherApplication(create_backend_app)
run_simple('127.0.0.1', int(sys.argv[1]), app, threaded=False, request_handler=MotoRequestHandler)
`;

const moto: EmulatorKind = {
  package: {
    name: 'moto',
    version: motoVersion,
    digest: 'eef62cdcf3bfe73e0863743511ba042dfaba04ba3d5ecdcb896a196c693ad528',
    also: [`moto[secretsmanager,ssm]==${motoVersion}`, 'flask', 'flask-cors'],
  },
  program: 'python',
  args: (port) => ['-c', serveMoto, port],
  env: () => ({}),
  resetPath: '/moto-api/reset',
};

const ministack: EmulatorKind = {
  package: {
    name: 'ministack',
    version: '1.5.33',
    digest: '36f9158cbe7eb7a3f910ccf1c052c98204511164249b783682f7a96ef56b0bba',
  },
  program: 'ministack',
  args: () => [],
  env: (port) => ({ BIND_HOST: '127.0.0.1', GATEWAY_PORT: port }),
  resetPath: '/_ministack/reset',
};

/** An emulator of AWS in memory. It does not look at credentials unless told so. */
export class AwsEmulator {
  readonly address: string;
  readonly #kind: EmulatorKind;
  readonly #folder: string;
  readonly #process: BackendProcess;

  private constructor(address: string, kind: EmulatorKind, folder: string, process: BackendProcess) {
    this.address = address;
    this.#kind = kind;
    this.#folder = folder;
    this.#process = process;
  }

  /** @param unchecked How many calls are answered before it begins to look at credentials; it never does when absent. */
  static moto(unchecked?: number): Promise<AwsEmulator> {
    const env = unchecked === undefined ? moto.env : () => ({ INITIAL_NO_AUTH_ACTION_COUNT: String(unchecked) });
    return AwsEmulator.#start({ ...moto, env });
  }

  static ministack(): Promise<AwsEmulator> {
    return AwsEmulator.#start(ministack);
  }

  static async #start(kind: EmulatorKind): Promise<AwsEmulator> {
    const program = join(installPythonPackage(kind.package), kind.program);
    const folder = temporaryFolder(kind.package.name);
    const port = String(await freePort());
    const process = await BackendProcess.start(program, kind.args(port), {
      ready: 'Running on',
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', HOME: folder, ...kind.env(port) },
    });
    return new AwsEmulator(`http://127.0.0.1:${port}`, kind, folder, process);
  }

  /** The end of what it printed. */
  get log(): string {
    return this.#process.log;
  }

  /** Forgets everything. */
  async reset(): Promise<void> {
    const answer = await fetch(`${this.address}${this.#kind.resetPath}`, { method: 'POST' });
    if (!answer.ok) throw new Error(`${this.#kind.package.name} did not reset: ${answer.status}`);
  }

  async remove(): Promise<void> {
    await this.#process.stop();
    removeFolder(this.#folder);
  }
}
