import { join } from 'node:path';
import { BackendProcess, freePort, removeFolder, temporaryFolder } from '../backend.js';
import { installPythonPackage } from '../python-packages.js';

const version = '5.2.5';
const digest = 'eef62cdcf3bfe73e0863743511ba042dfaba04ba3d5ecdcb896a196c693ad528';

/** As its own program does, but one request at a time: what it keeps must not be changed while another looks through it. */
const serve = `
import sys
from werkzeug.serving import run_simple
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
app = DomainDispatcherApplication(create_backend_app)
run_simple('127.0.0.1', int(sys.argv[1]), app, threaded=False, request_handler=MotoRequestHandler)
`;

/** An emulator of AWS in memory. It does not look at credentials. */
export class Moto {
  readonly address: string;
  readonly #folder: string;
  readonly #process: BackendProcess;

  private constructor(address: string, folder: string, process: BackendProcess) {
    this.address = address;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(): Promise<Moto> {
    const also = [`moto[secretsmanager,ssm]==${version}`, 'flask', 'flask-cors'];
    const program = join(installPythonPackage({ name: 'moto', version, digest, also }), 'python');
    const folder = temporaryFolder('moto');
    const port = await freePort();
    const process = await BackendProcess.start(program, ['-c', serve, String(port)], {
      ready: 'Running on',
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', HOME: folder },
    });
    return new Moto(`http://127.0.0.1:${port}`, folder, process);
  }

  /** Forgets everything. */
  async reset(): Promise<void> {
    const answer = await fetch(`${this.address}/moto-api/reset`, { method: 'POST' });
    if (!answer.ok) throw new Error(`moto did not reset: ${answer.status}`);
  }

  async remove(): Promise<void> {
    await this.#process.stop();
    removeFolder(this.#folder);
  }
}
