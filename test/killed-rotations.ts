import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Credential } from '../src/lifecycle/rotation/rotators/rotator.js';
import { count, fullRunMs, keepEvidence, SeededRandom } from './faults/full-run.js';
import { Home, keywardProgram } from './faults/home.js';
import { credentialOf } from './rotated-login.js';

type Fields = Readonly<Record<string, string>>;

/** A login at a real server, which the command line rotates. */
export interface CommandedRotation {
  /** `rotator:` of its secret, which names `app/administrator`. */
  readonly rotator: object;
  /** The fields of the secret that are in force; `value` of one without fields. */
  readonly fields: Fields;
  readonly administrator: Fields;
  readonly works: (login: Credential) => Promise<boolean>;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const steps = ['store', 'set', 'test', 'promote'];
const path = 'app/login';

/** Kills `keyward rotate` with SIGKILL at each of its steps, at a random instant after it has said that it takes it. */
export function testKilledRotations(
  evidence: string,
  { overlaps, make }: { readonly overlaps: boolean; readonly make: () => Promise<CommandedRotation> },
): void {
  test(
    `a rotation of ${evidence} that is killed at each of its steps goes on to a login that works, and back to the former one`,
    async () => {
      const claim = expect.getState().currentTestName ?? '';
      const random = new SeededRandom();
      let kills = 0;
      for (let time = 0; time < count({ daily: 1, full: 20 }); time += 1) {
        const { works, fields, ...given } = await make();
        const rotated = new RotatedByCommand({ ...given, works, fields });
        const first = credentialOf(fields);
        for (const step of steps) {
          await rotated.killAt(step === 'store' ? [] : ['--due'], step, random.below(80));
          kills += 1;
          if (overlaps) expect(await works(rotated.current()), `after ${step}`).toBe(true);
        }
        await rotated.finish(rotated.state() === 'idle' ? [] : ['--resume']);
        const current = rotated.current();
        expect(await works(current)).toBe(true);
        expect(await works(first)).toBe(overlaps);
        await rotated.killAt(['--rollback'], 'restore', random.below(80));
        kills += 1;
        if (overlaps) expect(await works(rotated.current())).toBe(true);
        await rotated.finish(['--rollback']);
        expect(await works(rotated.current())).toBe(true);
        expect(await works(first)).toBe(true);
        rotated.home.remove();
      }
      keepEvidence(`killed-${evidence}`, claim, { seed: random.seed, kills });
    },
    fullRunMs,
  );
}

class RotatedByCommand {
  readonly home = Home.withStore();
  readonly #env: Readonly<Record<string, string>>;
  readonly #hasFields: boolean;

  constructor({ rotator, fields, administrator, env = {} }: CommandedRotation) {
    this.#env = env;
    this.#hasFields = !Object.hasOwn(fields, 'value');
    const secrets = {
      [path]: { rotator, ...(this.#hasFields && { fields: Object.keys(fields) }) },
      'app/administrator': { fields: Object.keys(administrator) },
    };
    this.home.writeConfig(JSON.stringify({ providers: [{ keyward: { prefix: 'bot' } }], secrets }));
    this.#store('app/administrator', administrator);
    this.#store(path, fields);
  }

  current(): Credential {
    const text = this.home.keywardSucceeds(['get', path, ...this.#config, ...(this.#hasFields ? ['--json'] : [])]);
    return credentialOf(this.#hasFields ? JSON.parse(text).fields : { value: text });
  }

  state(): string {
    const [{ state }] = JSON.parse(this.home.keywardSucceeds(['rotate', path, ...this.#config, '--dry-run', '--json']));
    return state;
  }

  /** @throws Error with what it printed when the rotation does not get to its end. */
  async finish(intent: readonly string[]): Promise<void> {
    const child = this.#start(intent);
    let problems = '';
    child.stderr?.on('data', (chunk) => (problems += chunk));
    const [status] = await once(child, 'close');
    if (status !== 0) throw new Error(`keyward rotate ${intent.join(' ')} ended with ${status}: ${problems}`);
  }

  async killAt(intent: readonly string[], step: string, delayMs: number): Promise<void> {
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
  }

  get #config(): readonly string[] {
    return ['--config', join(this.home.project, 'keyward.yaml')];
  }

  #store(at: string, fields: Fields): void {
    const texts = Object.entries(fields).map(([name, text]) => (name === 'value' ? '' : `${name}=${text}`));
    this.home.keywardSucceeds(['set', at, ...this.#config, '--quiet', ...texts.filter(Boolean)], fields['value']);
  }

  #start(intent: readonly string[]): ChildProcess {
    const args = [keywardProgram, 'rotate', path, ...intent, ...this.#config];
    return spawn(process.execPath, args, { cwd: this.home.project, env: { ...this.home.env, ...this.#env } });
  }
}
