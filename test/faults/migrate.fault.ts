import { afterAll, beforeAll, expect, test } from 'vitest';
import { count, fullRunMs, keepEvidence, SeededRandom } from './full-run.js';
import { Home } from './home.js';
import { killedMigrations } from './killed-migrations.js';

let home: Home;
let random: SeededRandom;
beforeAll(() => {
  home = Home.withStore();
  random = new SeededRandom();
});
afterAll(() => home.remove());

test(
  'a migration of 1,000 secrets that is killed three times with SIGKILL ends complete, each secret as one version, and a rerun changes nothing',
  async () => {
    const claim = expect.getState().currentTestName ?? '';
    const secrets = count({ daily: 200, full: 1000 });
    const result = await killedMigrations({ home, random, secrets, link: 'keyward: { name: target, prefix: target }' });
    keepEvidence('migrate', claim, { seed: random.seed, ...result });
  },
  fullRunMs,
);
