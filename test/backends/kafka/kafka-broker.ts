import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestCertificate } from '../../../src/testing/test-certificate.js';
import { BackendProcess, cachedFolder, freePort, removeFolder, temporaryFolder } from '../backend.js';

/** SHA-256 over the names of the broker's jars and theirs, sorted. */
const digest = 'cc103740486a3dac6e1ea7592ee7d3ae8307b7b5ad7f45e8003104a16f2548c2';

/** The folder of the broker's jars, from Maven Central at the first run by the names in `pom.xml`. */
function installKafka(): string {
  const folder = cachedFolder('kafka-4.1.1');
  if (digestOf(folder) === digest) return folder;
  const args = ['-q', '-B', '-f', join(import.meta.dirname, 'pom.xml'), 'dependency:copy-dependencies'];
  execFileSync('mvn', [...args, `-DoutputDirectory=${folder}`], { stdio: 'pipe' });
  const found = digestOf(folder);
  if (found !== digest) throw new Error(`these are not the jars that were expected: ${found}`);
  return folder;
}

function digestOf(folder: string): string {
  const hash = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const jars = readdirSync(folder).sort();
  return hash(jars.map((name) => `${hash(readFileSync(join(folder, name)))}  ${name}\n`).join(''));
}

export const kafkaAdministrator = { username: 'administrator', password: 'of-the-administrator' };

/** A real broker that is its own controller. Its clients log in by SCRAM, and only the administrator has rights. */
export class KafkaBroker {
  readonly name: string;
  /** Of its listener over TLS. */
  readonly tlsPort: number;
  readonly folder: string;
  readonly #process: BackendProcess;

  private constructor(name: string, tlsPort: number, folder: string, process: BackendProcess) {
    this.name = name;
    this.tlsPort = tlsPort;
    this.folder = folder;
    this.#process = process;
  }

  /** @param certificate what it shows over TLS. */
  static async start({ certificate, key }: TestCertificate): Promise<KafkaBroker> {
    const jars = installKafka();
    const folder = temporaryFolder('kafka');
    const [name, controller] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`];
    const tlsPort = await freePort();
    const keyStore = join(folder, 'broker.pem');
    writeFileSync(keyStore, `${key}${certificate}`, { mode: 0o600 });
    const { username, password } = kafkaAdministrator;
    const login = `org.apache.kafka.common.security.scram.ScramLoginModule required username="${username}" password="${password}";`;
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@${controller}`,
      listeners: `SASL_PLAINTEXT://${name},SASL_SSL://127.0.0.1:${tlsPort},CONTROLLER://${controller}`,
      'controller.listener.names': 'CONTROLLER',
      'inter.broker.listener.name': 'SASL_PLAINTEXT',
      'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
      'sasl.mechanism.inter.broker.protocol': 'SCRAM-SHA-512',
      'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': login,
      'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': login,
      'listener.name.sasl_ssl.ssl.keystore.type': 'PEM',
      'listener.name.sasl_ssl.ssl.keystore.location': keyStore,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': `User:${username};User:ANONYMOUS`,
      'connection.failed.authentication.delay.ms': 0,
      'log.dirs': join(folder, 'data'),
    };
    const file = join(folder, 'server.properties');
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(file, lines.join(''), { mode: 0o600 });
    const java = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*')];
    const options = { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder } };
    const first = ['--add-scram', `SCRAM-SHA-512=[name=${username},password=${password}]`];
    const format = ['kafka.tools.StorageTool', 'format', '-t', 'keyward-for-a-rotator1', '-c', file];
    execFileSync('java', [...java, ...format, ...first], { ...options, stdio: 'pipe' });
    const started = await BackendProcess.start('java', [...java, 'kafka.Kafka', file], {
      ...options,
      ready: 'Kafka Server started',
    });
    return new KafkaBroker(name, tlsPort, folder, started);
  }

  /** The end of what it printed. */
  get log(): string {
    return this.#process.log;
  }

  /** Where it keeps, among other things, what passwords are checked against. */
  get metadata(): Buffer {
    const folder = join(this.folder, 'data/__cluster_metadata-0');
    const logs = readdirSync(folder).filter((name) => name.endsWith('.log'));
    return Buffer.concat(logs.map((name) => readFileSync(join(folder, name))));
  }

  async remove(): Promise<void> {
    await this.#process.stop();
    removeFolder(this.folder);
  }
}
