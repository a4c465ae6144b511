import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Home, keywardProgram } from './home.js';

/** A started `keyward run` in a session of its own, and so without a terminal. */
export function startRun(
  home: Home,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  mode: readonly string[] = [],
): Run {
  const options = { cwd: home.project, env: { ...home.env, ...env }, detached: true };
  return new Run(spawn(process.execPath, [keywardProgram, 'run', ...mode, '--', ...args], options));
}

const printsWithinMs = 60_000;

export class Run {
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #output: Buffer[] = [];
  readonly #errors: Buffer[] = [];

  constructor(started: ChildProcessWithoutNullStreams) {
    this.#process = started;
    started.stdout.on('data', (chunk: Buffer) => this.#output.push(chunk));
    started.stderr.on('data', (chunk: Buffer) => this.#errors.push(chunk));
    this.ended = once(started, 'close').then(([status, signal]) => signal ?? status);
  }

  get pid(): number {
    if (this.#process.pid === undefined) throw new Error('it could not be started');
    return this.#process.pid;
  }

  get outputBytes(): Buffer {
    return Buffer.concat(this.#output);
  }

  get errorBytes(): Buffer {
    return Buffer.concat(this.#errors);
  }

  get output(): string {
    return this.outputBytes.toString();
  }

  get errors(): string {
    return this.errorBytes.toString();
  }

  write(input: string): void {
    this.#process.stdin.write(input);
  }

  end(input: Uint8Array | string): void {
    this.#process.stdin.end(input);
  }

  /** The whole session. */
  kill(): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) process.kill(-this.pid, 'SIGKILL');
  }

  /** Lets a moment pass in which output can come. */
  async turn(): Promise<void> {
    await sleep(2);
  }

  /** Resolves when the text was printed. @throws Error with everything that was printed when it does not come. */
  async prints(text: string): Promise<void> {
    const deadline = performance.now() + printsWithinMs;
    while (!this.output.includes(text)) {
      if (performance.now() > deadline) throw new Error(`"${text}" did not come: ${this.output}${this.errors}`);
      await this.turn();
    }
  }
}
