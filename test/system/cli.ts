import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../src/cli/run-cli.js';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What a command left behind: exit status and both outputs. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output, byte by byte. */
  readonly bytes: Buffer;
}

const controlC = '\u0003';

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  /** Beside HOME and PATH; `undefined` takes one of these away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface TerminalOptions extends RunOptions {
  /** What the person types at each question; after the last one, Control-C. */
  readonly typed?: readonly string[];
}

/** A person's machine: an empty home, and a project folder `bot` in it. */
export class Laptop {
  readonly home: string;
  readonly project: string;
  readonly #root: string;
  #knownStoreId: string | undefined;
  #installed: string | undefined;

  constructor() {
    this.#root = realpathSync(mkdtempSync(join(tmpdir(), 'keyward-laptop-')));
    this.home = join(this.#root, 'home');
    mkdirSync(this.home, { mode: 0o700 });
    this.project = join(this.home, 'bot');
    mkdirSync(this.project, { mode: 0o755 });
  }

  /** A laptop whose project is initialised. */
  static async initialised(): Promise<Laptop> {
    const laptop = new Laptop();
    await laptop.ok(['init']);
    return laptop;
  }

  /** Runs the command line in this process. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.#inProcess(args, Readable.from(chunksOf(options.stdin)), options, false);
  }

  /** As `run`, with a person at a terminal. */
  async runAtTerminal(args: readonly string[], options: TerminalOptions = {}): Promise<Ran> {
    const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => keyboard });
    const answers = [...(options.typed ?? [])];
    return this.#inProcess(args, keyboard, options, true, () => {
      const answer = answers.shift();
      keyboard.write(answer === undefined ? controlC : `${answer}\r`);
    });
  }

  /** As `run`, and fails the test with both outputs unless the exit status is 0. */
  async ok(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const ran = await this.run(args, options);
    if (ran.status !== 0) throw new Error(`keyward ${args.join(' ')} ended with ${ran.status}: ${ran.stderr}`);
    return ran;
  }

  /** Runs the bundle as a process of its own. */
  async spawn(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const child = this.start(args, options);
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(Buffer.concat([...chunksOf(options.stdin)]));
    const collected = collect();
    child.stdout?.pipe(collected);
    const stderr = text(child.stderr ?? Readable.from([]));
    const status = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => (code === null ? reject(new Error(`ended by ${signal}`)) : resolve(code)));
    });
    return ran(status, collected.bytes(), await stderr);
  }

  /** The bundle's process with three pipes. */
  start(args: readonly string[], options: RunOptions = {}): ChildProcess {
    this.#installed ??= install(join(this.#root, 'keyward'));
    return spawn(process.execPath, [this.#installed, ...args], {
      cwd: options.cwd ?? this.project,
      env: this.environment(options.env),
      stdio: 'pipe',
    });
  }

  /** Writes a file of the project; answers its path. */
  write(name: string, content: string | Uint8Array, mode = 0o644): string {
    const path = join(this.project, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    writeFileSync(path, content, { mode });
    return path;
  }

  read(name: string): string {
    return readFileSync(join(this.project, name), 'utf8');
  }

  get dataFolder(): string {
    return join(this.home, '.local/share/keyward/default');
  }

  /** Anchor, audit log and sequencer of the one store. */
  get stateFolder(): string {
    return join(this.home, '.local/state/keyward', this.storeId);
  }

  get auditFolder(): string {
    return join(this.stateFolder, 'audit');
  }

  get keyFile(): string {
    return join(this.home, '.config/keyward/keys', `${this.storeId}.key`);
  }

  /** Every file below the home, relative to it. */
  files(): readonly string[] {
    return filesIn(this.home).map((path) => relative(this.home, path));
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  environment(more: RunOptions['env'] = {}): Record<string, string> {
    const env = {
      HOME: this.home,
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      LANG: 'C.UTF-8',
      EDITOR: 'true',
      ...more,
    };
    const set = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
    return Object.fromEntries(set);
  }

  async #inProcess(
    args: readonly string[],
    stdin: Readable & { readonly isTTY?: boolean },
    options: RunOptions,
    isTTY: boolean,
    onQuestion: () => void = () => undefined,
  ): Promise<Ran> {
    const stdout = Object.assign(collect(), { isTTY });
    const stderr = Object.assign(collect('◆', onQuestion), { isTTY });
    const env = this.environment(options.env);
    const io = { stdin, stdout, stderr, env, cwd: options.cwd ?? this.project, home: env['HOME'] ?? '' };
    const status = await runCli(args, io);
    return ran(status, stdout.bytes(), stderr.bytes().toString());
  }

  get storeId(): string {
    this.#knownStoreId ??= readdirSync(join(this.home, '.local/state/keyward'))[0];
    if (this.#knownStoreId === undefined) throw new Error('there is no store');
    return this.#knownStoreId;
  }
}

/** Every regular file at or below the folder, sorted. */
export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .sort();
}

/** A copy of the built command line, so that a build meanwhile takes nothing away; answers its main file. */
function install(folder: string): string {
  cpSync(join(repository, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(repository, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'dist/cli/main.js');
}

function ran(status: number, bytes: Buffer, stderr: string): Ran {
  return { status, stdout: bytes.toString(), stderr, bytes };
}

function chunksOf(stdin: string | Uint8Array | undefined): readonly Buffer[] {
  return stdin === undefined ? [] : [Buffer.from(stdin)];
}

/** A stream that keeps what is written, and calls back after each write that holds the mark of a new question. */
function collect(mark?: string, onMark: () => void = () => undefined) {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      if (mark !== undefined && chunk.includes(mark)) setImmediate(onMark);
      done();
    },
  });
  return Object.assign(stream, { bytes: () => Buffer.concat(chunks) });
}
