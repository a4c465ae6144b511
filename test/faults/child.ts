import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { type Home, repository } from './home.js';
import { threadsOf } from './processes.js';

const restSeconds = 30;
const mostTicks = 60 * 100;

/** One line that a child prints. */
export type Report = Readonly<Record<string, unknown>>;

/** How a child answered a command: with what it found, or with the code and message of the error. */
export interface Answer {
  readonly value: unknown;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly tookMs: number;
}

/** The programs in `children/`, bundled with the library in the place of the package `keyward`. */
export class ChildPrograms {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async build(): Promise<ChildPrograms> {
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-children-'));
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    await build({
      absWorkingDir: repository,
      entryPoints: [
        'write',
        'inspect',
        'obey',
        'initialise',
        'read-flipped',
        'session',
        'write-unsynced',
        'maintain',
      ].map((name) => `test/faults/children/${name}.mjs`),
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      alias: { keyward: join(repository, 'src/index.ts'), 'keyward-source': join(repository, 'src') },
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['lmdb', '@node-rs/argon2', '@napi-rs/keyring'],
      banner: {
        js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
      },
      logLevel: 'warning',
    });
    return new ChildPrograms(folder);
  }

  /** Starts a program as the user of the home, behind another program such as strace if one is given. */
  start(name: string, home: Home, args: readonly string[] = [], behind: readonly string[] = []): Child {
    const [command = '', ...rest] = [...behind, process.execPath, join(this.#folder, `${name}.mjs`), ...args];
    return new Child(spawn(command, rest, { env: home.env, cwd: home.root, stdio: 'pipe', detached: true }));
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A running child, and the lines that it printed. */
export class Child {
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly reports: Report[] = [];
  stderr = '';
  #lastLine = '';
  readonly #process: ChildProcess;
  readonly #listeners = new Set<() => void>();
  #hasEnded = false;
  #asked = 0;

  constructor(started: ChildProcess) {
    this.#process = started;
    started.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk;
    });
    if (started.stdout === null) throw new Error('the output of a child has to be a pipe');
    const lines = createInterface({ input: started.stdout });
    lines.on('line', (line) => {
      this.#lastLine = line;
      const report: Report | undefined = completeReport(line);
      if (report !== undefined) this.reports.push(report);
      for (const listener of this.#listeners) listener();
    });
    const closed = once(lines, 'close');
    this.ended = Promise.all([once(started, 'exit'), closed]).then(([[status, signal]]) => {
      this.#hasEnded = true;
      for (const listener of this.#listeners) listener();
      return signal ?? status;
    });
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error('the child could not be started');
    return this.#process.pid;
  }

  /**
   * How it ended; or that it hangs: all that it consists of has rested for half a minute, or worked for a whole one. On a
   * busy machine an hour proves nothing about a process that is not given the time.
   */
  async endedOrHanging(): Promise<number | NodeJS.Signals | 'hanging'> {
    for (let rested = 0, before = 0; !this.#hasEnded && rested < restSeconds && before < mostTicks; ) {
      await Promise.race([this.ended, sleep(1000, undefined, { ref: false })]);
      const threads = threadsOf(this.pid);
      const ticks = threads.reduce((sum, thread) => sum + thread.ticks, 0);
      const isWorking = ticks !== before || threads.some(({ state }) => state === 'R' || state === 'D');
      rested = isWorking ? 0 : rested + 1;
      before = ticks;
    }
    return this.#hasEnded ? this.ended : 'hanging';
  }

  /** Resolves when the reports satisfy the condition. @throws Error when the child ends before that. */
  until(condition: (reports: readonly Report[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const isMet = condition(this.reports);
        if (!isMet && !this.#hasEnded) return;
        this.#listeners.delete(look);
        if (isMet) resolve();
        else reject(new Error(`the child ended too early: ${this.stderr}`));
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** What a program reports at its end. @throws Error with what it printed when it fails. */
  async result<T>(): Promise<T> {
    const status = await this.ended;
    if (status !== 0) throw new Error(`the child ended with ${status}: ${this.stderr}`);
    return JSON.parse(this.#lastLine);
  }

  /** Sends a command to the program `obey`, and answers what came of it. */
  async ask(command: string, ...args: readonly string[]): Promise<Answer> {
    this.#asked += 1;
    const id = this.#asked;
    this.tell({ id, command, args });
    const isAnswer = (report: Report) => report['id'] === id;
    await this.until((reports) => reports.some(isAnswer));
    const { value, code, message, tookMs } = this.reports.find(isAnswer) ?? {};
    return {
      value,
      code: typeof code === 'string' ? code : undefined,
      message: typeof message === 'string' ? message : undefined,
      tookMs: Number(tookMs),
    };
  }

  tell(message: unknown): void {
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** To the program and the one that it runs behind: they are one process group. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (!this.#hasEnded) process.kill(-this.pid, signal);
  }
}

/** The last line of a killed child may be torn. */
function completeReport(line: string): Report | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
