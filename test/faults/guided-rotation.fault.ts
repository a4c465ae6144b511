import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isFinished } from '../../src/lifecycle/rotation/machine.js';
import { RotatedByCommand } from '../rotated-by-command.js';
import { ScriptedExchange } from '../system/scripted-exchange.js';
import { count, fullRunMs, keepEvidence, SeededRandom } from './full-run.js';

const longestDelayMs = 400;
const steps = ['store', 'set', 'test', 'promote', 'restore', 'discard', 'retire'];

const exchange = new ScriptedExchange();
let server = '';
beforeAll(async () => {
  server = await exchange.listen();
});
afterAll(() => exchange.close());

/** The key of an exchange in a store, and the person who makes and deletes keys there. */
class GuidedKey {
  readonly rotated: RotatedByCommand;
  #made = 0;

  constructor() {
    exchange.keys.clear();
    exchange.keys.set('key-0', {});
    const fields = { api_key: 'key-0', api_secret: 'secret-0' };
    this.rotated = new RotatedByCommand({ rotator: { guided: { exchange: 'binance', server } }, fields });
  }

  /** Makes a key at the exchange. Answers the options to enter it. */
  make(): readonly string[] {
    this.#made += 1;
    exchange.keys.set(`key-${this.#made}`, {});
    const { project } = this.rotated.home;
    for (const name of ['key', 'secret']) writeFileSync(join(project, name), `${name}-${this.#made}`, { mode: 0o600 });
    return ['--field', 'api_key=@key', '--field', 'api_secret=@secret'];
  }

  /** Where it stands; whoever has the current key can use it. */
  async standing() {
    const { state, current } = await this.rotated.standing();
    const key = current.get('api_key')?.expose() ?? '';
    expect([...exchange.keys.keys()], state).toContain(key);
    return { state, key };
  }

  /** Longer than a new key is watched. */
  waitOut(): void {
    this.rotated.advance();
    this.rotated.advance();
  }
}

test(
  'a guided rotation that is killed at each of its steps goes on to a key that works, and back to the former one',
  async () => {
    const claim = expect.getState().currentTestName ?? '';
    const random = new SeededRandom();
    const times = count({ daily: 1, full: 20 });
    const kills = new Map(steps.map((step) => [step, 0]));
    const isLacking = () => times > 1 && [...kills.values()].some((found) => found < times);
    for (let time = 0; time < times || (isLacking() && time < 2 * times); time += 1) {
      const guided = new GuidedKey();
      const { rotated } = guided;
      const kill = async (step: string, intent: readonly string[]) => {
        const killed = await rotated.killAt(intent, step, random.below(1 + random.below(longestDelayMs)));
        // What it says last may be what a person is to do.
        if (killed !== undefined && kills.has(killed)) kills.set(killed, (kills.get(killed) ?? 0) + 1);
        return guided.standing();
      };
      const goOn = async () => {
        if (!isFinished((await guided.standing()).state)) await rotated.finish(['--due']);
        return guided.standing();
      };

      const entered = guided.make();
      let standing = await guided.standing();
      for (const step of ['store', 'set', 'test', 'promote']) {
        standing = await kill(step, isFinished(standing.state) ? entered : ['--due']);
      }
      if (isFinished(standing.state)) await rotated.finish(entered);
      expect(await goOn()).toEqual({ state: 'promoted', key: 'key-1' });

      await kill('restore', ['--rollback']);
      if ((await guided.standing()).state === 'promoted') await rotated.finish(['--rollback']);
      expect((await goOn()).key).toBe('key-0');
      guided.waitOut();
      exchange.keys.delete('key-1');
      await kill('discard', ['--confirm', 'revoke']);
      expect(await goOn()).toEqual({ state: 'rolled_back', key: 'key-0' });

      await rotated.finish(guided.make());
      await rotated.finish(['--confirm', 'verify']);
      guided.waitOut();
      exchange.keys.delete('key-0');
      await kill('retire', ['--confirm', 'revoke']);
      expect(await goOn()).toEqual({ state: 'retired', key: 'key-2' });
      rotated.home.remove();
      keepEvidence('killed-guided', claim, { seed: random.seed, kills: Object.fromEntries(kills) });
    }
  },
  fullRunMs,
);
