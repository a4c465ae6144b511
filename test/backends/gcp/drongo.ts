import { join } from 'node:path';
import { BackendProcess, freePort, removeFolder, temporaryFolder } from '../backend.js';
import { installPythonPackage } from '../python-packages.js';

const wheel = {
  name: 'drongo',
  version: '0.8.0',
  digest: 'ea1050da56fe009f4bc8e083351590ec6999c83cc9a78b53fcbc2c35cd22fa52',
};

/** An emulator of Google's services, of Secret Manager among them, over HTTP. */
export class Drongo {
  readonly address: string;
  readonly #folder: string;
  readonly #process: BackendProcess;

  private constructor(address: string, folder: string, process: BackendProcess) {
    this.address = address;
    this.#folder = folder;
    this.#process = process;
  }

  static async start(): Promise<Drongo> {
    const programs = installPythonPackage(wheel);
    const folder = temporaryFolder('drongo');
    const port = await freePort();
    const process = await BackendProcess.start(
      join(programs, 'drongo'),
      ['server', '--host', '127.0.0.1', '--port', String(port)],
      { ready: 'listening on', cwd: folder, env: { PATH: '/usr/bin:/bin', HOME: folder, PYTHONUNBUFFERED: '1' } },
    );
    return new Drongo(`http://127.0.0.1:${port}`, folder, process);
  }

  async remove(): Promise<void> {
    await this.#process.stop();
    removeFolder(this.#folder);
  }
}
