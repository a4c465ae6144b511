import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { repository } from '../system/cli.js';

type Env = Readonly<Record<string, string>>;

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A checkout with the built library and command line, and a user without a store in one of its examples. */
export class BuiltExample {
  readonly folder: string;
  readonly #root: string;

  private constructor(root: string, name: string) {
    this.#root = root;
    this.folder = join(root, 'examples', name);
  }

  static async build(name: string): Promise<BuiltExample> {
    const example = new BuiltExample(mkdtempSync(join(realpathSync(tmpdir()), 'keyward-example-')), name);
    for (const part of ['src', 'build', 'examples', 'package.json', 'tsconfig.json'])
      cpSync(join(repository, part), join(example.#root, part), { recursive: true });
    symlinkSync(join(repository, 'node_modules'), join(example.#root, 'node_modules'));
    mkdirSync(join(example.#root, 'home'), { mode: 0o700 });
    await example.node(['../../build/build.mjs']);
    return example;
  }

  /** Another example of the same checkout, which goes when this one is removed. */
  otherExample(name: string): BuiltExample {
    return new BuiltExample(this.#root, name);
  }

  write(name: string, content: string): void {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, content, { mode: 0o600 });
  }

  /** Puts what is true of this machine into a file of the example. @throws Error when it does not have the text. */
  adapt(name: string, from: string, to: string): void {
    const before = readFileSync(join(this.folder, name), 'utf8');
    if (!before.includes(from)) throw new Error(`${name} does not say ${from}`);
    this.write(name, before.replace(from, to));
  }

  /** Runs a program of Node to its end; answers what it printed. @throws Error with both outputs when it fails. */
  async node(args: readonly string[], env: Env = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(args, env);
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
    return stdout;
  }

  async run(args: readonly string[], env: Env = {}): Promise<Ended> {
    const home = { HOME: join(this.#root, 'home'), PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', NO_COLOR: '1' };
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      env: { ...home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { status: await ended, stdout, stderr };
  }

  /** What the command line prints. @throws Error as `node`. */
  keyward(args: readonly string[], env: Env): Promise<string> {
    return this.node(['../../dist/cli/main.js', ...args], env);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
