import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, ChildPrograms } from './child.js';
import { count, fullRunMs, keepEvidence, SeededRandom } from './full-run.js';
import { Home, keywardProgram } from './home.js';

let programs: ChildPrograms;
beforeAll(async () => {
  programs = await ChildPrograms.build();
});
afterAll(() => programs.remove());

/** One store that can be used, its key and its state, and nothing of the ones that were given up. */
function expectOneStore(home: Home): void {
  expect(readdirSync(join(home.storeFolder, '..'))).toEqual(['default']);
  expect(readdirSync(home.keyFolder)).toHaveLength(1);
  expect(home.stateFolders).toHaveLength(1);
  expect(readdirSync(home.keyFolder)).toEqual(home.stateFolders.map((folder) => `${folder.split('/').at(-1)}.key`));
  home.keywardSucceeds(['set', 'app/first'], 'first');
  expect(home.keywardSucceeds(['get', 'app/first'])).toBe('first');
}

describe('processes that make the same store at once', () => {
  test(
    'make exactly one, and all others are told that there is one',
    async () => {
      const rounds = count({ daily: 60, full: 2000 });
      const root = Home.empty();
      const children: readonly Child[] = Array.from({ length: 3 }, () => programs.start('initialise', root));
      await Promise.all(children.map((child) => child.until(([first]) => first?.['ready'] === true)));
      for (let round = 1; round <= rounds; round += 1) {
        const home = join(root.root, `round-${round}`);
        mkdirSync(home, { mode: 0o700 });
        for (const child of children) child.tell(home);
        await Promise.all(children.map((child) => child.until((reports) => reports.length > round)));
        const answers = children.map((child) => child.reports[round] ?? {});
        expect(answers.filter(({ made }) => typeof made === 'string')).toHaveLength(1);
        const refusals = answers.flatMap(({ refused }) => (refused === undefined ? [] : [refused]));
        const refusal = { code: 'conflict', message: expect.stringContaining('already') };
        expect(refusals).toEqual([refusal, refusal]);
        const names = ['.local/share/keyward', '.local/state/keyward', '.config/keyward/keys'];
        expect(
          names.map((name) => readdirSync(join(home, name)).length),
          `round ${round}`,
        ).toEqual([1, 1, 1]);
      }
      for (const child of children) child.kill();
      await Promise.all(children.map(({ ended }) => ended));
      root.remove();
      keepEvidence('initialise', expect.getState().currentTestName ?? '', { rounds, processes: 3 });
    },
    fullRunMs,
  );

  test('as two commands leave one store that can be used, and the other command says that it uses it', async () => {
    for (let round = 0; round < count({ daily: 5, full: 50 }); round += 1) {
      const home = Home.empty();
      const outputs = await Promise.all([initCommand(home), initCommand(home)]);
      const all = outputs.join('');
      expect(all.match(/made the store at/g), all).toHaveLength(1);
      expect(all, all).toMatch(/using the store at|nothing was changed/);
      expectOneStore(home);
      home.remove();
    }
  });
});

describe('a process that is killed while it makes a store', () => {
  test('leaves none or one that can be used, and the next one succeeds', async () => {
    const random = new SeededRandom();
    for (let round = 0; round < count({ daily: 12, full: 300 }); round += 1) {
      const home = Home.empty();
      const child = spawn(process.execPath, [keywardProgram, 'init'], { cwd: home.project, env: home.env });
      const ended = once(child, 'exit');
      await sleep(random.below(400));
      child.kill('SIGKILL');
      await ended;
      home.keywardSucceeds(['init']);
      home.keywardSucceeds(['set', 'app/first'], 'first');
      expect(home.keywardSucceeds(['get', 'app/first'])).toBe('first');
      home.remove();
    }
  });
});

async function initCommand(home: Home): Promise<string> {
  const child = spawn(process.execPath, [keywardProgram, 'init'], { cwd: home.project, env: home.env });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  await once(child, 'close');
  return output;
}
