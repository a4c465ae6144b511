import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';

const repository = join(import.meta.dirname, '../..');

/** A file of an installed package. */
export function installedFile(path: string): string {
  return join(inject('installed'), 'node_modules', path);
}

/** A program that was started and goes on: what it printed so far, on either output. */
export interface Started {
  readonly output: () => string;
  /** The first group of the pattern, as soon as the output has it. @throws Error when the program ends before. */
  printed(pattern: RegExp): Promise<string>;
  /** Writes a line to its standard input; answers the next line that it prints. */
  ask(line: string): Promise<string>;
  /** Ends its standard input; answers its exit status. */
  finish(): Promise<number | null>;
  /** Asks it to end; answers its exit status. */
  end(): Promise<number | null>;
}

/** A copy of an example where Keyward and the frameworks are installed, and a user with an own home who runs it. */
export class Example {
  readonly folder: string;
  readonly #home = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-home-'));
  readonly #place: string;
  readonly #started: Started[] = [];

  constructor(name: string) {
    this.#place = mkdtempSync(join(inject('installed'), 'place-'));
    this.folder = join(this.#place, name);
    cpSync(join(repository, 'examples', name), this.folder, { recursive: true });
  }

  /** As constructed, with a store of the user. */
  static withStore(name: string): Example {
    const example = new Example(name);
    example.keyward(['init']);
    return example;
  }

  get env(): Record<string, string> {
    return { HOME: this.#home, PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', NO_COLOR: '1' };
  }

  write(name: string, content: string): string {
    const path = join(this.folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  keyward(args: readonly string[], input = ''): string {
    return this.node([installedFile('keyward/dist/cli/main.js'), ...args], { input });
  }

  /** Runs a program of Node to its end; answers what it printed. @throws Error with both outputs when it fails. */
  node(
    args: readonly string[],
    options: { readonly input?: string; readonly env?: Record<string, string> } = {},
  ): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: this.folder,
      env: { ...this.env, ...options.env },
      input: options.input ?? '',
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
    return stdout;
  }

  start(args: readonly string[], env: Record<string, string> = {}): Started {
    const child = spawn(process.execPath, args, { cwd: this.folder, env: { ...this.env, ...env }, stdio: 'pipe' });
    let output = '';
    const onMore = new Set<() => void>();
    const take = (chunk: Buffer) => {
      output += chunk;
      for (const look of onMore) look();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const printed = (pattern: RegExp, from = 0) =>
      new Promise<string>((resolve, reject) => {
        const look = () => {
          const [whole, group] = pattern.exec(output.slice(from)) ?? [];
          if (whole !== undefined) resolve(group ?? whole);
        };
        onMore.add(look);
        look();
        void ended.then((status) => reject(new Error(`it ended with ${status}: ${output}`)));
      });
    const started: Started = {
      output: () => output,
      printed: (pattern) => printed(pattern),
      ask: (line) => {
        const answer = printed(/^(.*)\n/, output.length);
        child.stdin.write(`${line}\n`);
        return answer;
      },
      finish: () => {
        child.stdin.end();
        return ended;
      },
      end: () => {
        child.kill('SIGTERM');
        return ended;
      },
    };
    this.#started.push(started);
    return started;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#started.map(({ end }) => end()));
    for (const folder of [this.#place, this.#home]) rmSync(folder, { recursive: true, force: true });
  }
}
