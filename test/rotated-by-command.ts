import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWorkspace } from '../src/compose/open-workspace.js';
import { systemClock } from '../src/core/clock.js';
import { parsePath } from '../src/core/path.js';
import { allOf } from '../src/lifecycle/rotation/credential.js';
import { currentHolder, HeldJournal } from '../src/lifecycle/rotation/journal.js';
import type { RotationState } from '../src/lifecycle/rotation/machine.js';
import type { Credential } from '../src/lifecycle/rotation/rotators/rotator.js';
import { Home, keywardProgram } from './faults/home.js';

export type Fields = Readonly<Record<string, string>>;

export interface CommandedSecret {
  /** `rotator:` of the secret; `app/administrator` is the one that it may name. */
  readonly rotator: object;
  /** `rollout:` of the secret. */
  readonly rollout?: readonly object[] | undefined;
  /** The fields of the secret that are in force; `value` of one without fields. */
  readonly fields: Fields;
  readonly administrator?: Fields | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

export interface Standing {
  readonly state: RotationState;
  readonly current: Credential;
  /** What the rotation that is under way has made, and what it replaces. */
  readonly values: readonly Credential[];
}

const path = parsePath('app/login');
const dayMs = 86_400_000;
/** The option of Node by which the clock of a process is ahead. */
const aheadBy = (ms: number) => `--import=data:text/javascript,const{now}=Date;Date.now=()=>now()-(-${ms})`;

/** A secret in a store of its own, which the command line rotates. */
export class RotatedByCommand {
  readonly home = Home.withStore();
  readonly #env: Readonly<Record<string, string>>;
  #aheadMs = 0;

  constructor({ rotator, rollout, fields, administrator = { value: 'unused' }, env = {} }: CommandedSecret) {
    this.#env = env;
    const hasFields = !Object.hasOwn(fields, 'value');
    const secrets = {
      [path]: { rotator, ...(rollout && { rollout }), ...(hasFields && { fields: Object.keys(fields) }) },
      'app/administrator': Object.hasOwn(administrator, 'value') ? {} : { fields: Object.keys(administrator) },
    };
    this.home.writeConfig(JSON.stringify({ providers: [{ keyward: { prefix: 'bot' } }], secrets }));
    this.store('app/administrator', administrator);
    this.store(path, fields);
  }

  /** What the store holds, at an instant at which nobody rotates. */
  async standing(): Promise<Standing> {
    const clock = { ...systemClock, now: () => Date.now() + this.#aheadMs };
    const { project, env, root } = this.home;
    const workspace = await openWorkspace({
      ...{ cwd: project, configFile: this.#configFile, env, home: root },
      ...{ role: 'library', clock, onFinding: () => undefined },
    });
    try {
      const found = await workspace.writeTarget().read({ path });
      if (found === undefined) throw new Error('the secret is gone');
      const current = allOf(found.payload);
      const { records } = (await workspace.store()).client;
      const [name = 'rotation/none'] = await records.list('rotation/');
      const journal = await HeldJournal.take({ records, clock, holder: currentHolder() }, name, path);
      const { state } = journal.now;
      if (journal.now.values === undefined) return { state, current, values: [] };
      const { pending, previous } = await journal.values();
      return { state, current, values: previous === undefined ? [pending] : [pending, previous] };
    } finally {
      await workspace.close();
    }
  }

  store(at: string, fields: Fields): void {
    const texts = Object.entries(fields).map(([name, text]) => (name === 'value' ? '' : `${name}=${text}`));
    const args = ['set', at, '--config', this.#configFile, '--quiet', ...texts.filter(Boolean)];
    this.home.keywardSucceeds(args, fields['value']);
  }

  /** Later processes begin a day later: every wait is over. */
  advance(): void {
    this.#aheadMs += dayMs;
  }

  /** Answers what it printed. @throws Error with that when the rotation does not get to its end. */
  async finish(intent: readonly string[]): Promise<string> {
    const child = this.#start(intent);
    let printed = '';
    child.stdout?.on('data', (chunk) => (printed += chunk));
    child.stderr?.on('data', (chunk) => (printed += chunk));
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`keyward rotate ${intent.join(' ')} ended with ${status}: ${printed}`);
    return printed;
  }

  /**
   * Kills a rotation with SIGKILL so many milliseconds after it has said that it takes the step. Answers at which step that
   * was; `undefined` when it had ended before.
   */
  async killAt(intent: readonly string[], step: string, delayMs: number): Promise<string | undefined> {
    const child = this.#start(intent);
    const ended = once(child, 'close');
    let said = '';
    await new Promise<void>((resolve) => {
      child.stderr?.on('data', (chunk) => {
        said += chunk;
        if (said.includes(`${path}: ${step}\n`)) resolve();
      });
      child.once('close', () => resolve());
    });
    await sleep(delayMs);
    child.kill('SIGKILL');
    await ended;
    const [, last] = [...said.matchAll(new RegExp(`^${path}: (\\w+)`, 'gm'))].at(-1) ?? [];
    return child.signalCode === 'SIGKILL' ? last : undefined;
  }

  get #configFile(): string {
    return join(this.home.project, 'keyward.yaml');
  }

  #start(intent: readonly string[]): ChildProcess {
    const args = [keywardProgram, 'rotate', path, ...intent, '--config', this.#configFile];
    const env = { ...this.home.env, ...this.#env, NODE_OPTIONS: aheadBy(this.#aheadMs) };
    return spawn(process.execPath, args, { cwd: this.home.project, env });
  }
}
