import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Installed servers are kept here between runs; git ignores it. */
export const cacheFolder = join(import.meta.dirname, '../../.backends');

/** A folder of the cache for one version of a server, and whether it was there before. */
export function cachedFolder(name: string): string {
  const folder = join(cacheFolder, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A port that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const bound = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (bound === null || typeof bound === 'string') throw new Error('no port to be had');
  return bound.port;
}

export function temporaryFolder(name: string): string {
  return mkdtempSync(join(realpathSync(tmpdir()), `keyward-${name}-`));
}

/** A program that runs until it is stopped, with what it printed last. */
export class BackendProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #log = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    const note = (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString()).slice(-20_000);
    };
    child.stdout?.on('data', note);
    child.stderr?.on('data', note);
  }

  /** Resolves when the program has printed that it is ready. @throws Error with its output when it ends before. */
  static async start(
    program: string,
    args: readonly string[],
    { ready, cwd, env }: { readonly ready: string; readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  ): Promise<BackendProcess> {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const started = new BackendProcess(child);
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (started.log.includes(ready)) resolve();
      };
      child.stdout?.on('data', look);
      child.stderr?.on('data', look);
      child.once('error', reject);
      child.once('close', (status) => reject(new Error(`${program} ended with ${status}:\n${started.log}`)));
    });
    return started;
  }

  /** The end of what it printed, for the message of a failed test. */
  get log(): string {
    return this.#log;
  }

  /** Freezes the program, so that its connections stay open and nothing answers. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
