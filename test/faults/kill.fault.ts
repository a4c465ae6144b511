import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, ChildPrograms, type Report } from './child.js';
import { count, fullRunMs, keepEvidence, SeededRandom } from './full-run.js';
import { Home } from './home.js';
import { acknowledgedVersions, type Inspection, inspectionProblems } from './inspection.js';

const writers = 8;
const pathsPerWriter = 3;
/** A store is inspected after each loop, entry by entry; a new one begins before its log is too long to be shown. */
const loopsPerStore = 10;
const reopenWithinMs = 2000;

let programs: ChildPrograms;
let random: SeededRandom;
beforeAll(async () => {
  programs = await ChildPrograms.build();
  random = new SeededRandom();
});
afterAll(() => programs.remove());

/** Kills the writer at a random instant: while it starts, or after some writes, in the middle of the next ones. */
async function killSomewhere(child: Child): Promise<void> {
  const afterWrites = random.below(4) === 0 ? undefined : random.below(16);
  const delayMs = random.below(afterWrites === undefined ? 500 : 12);
  if (afterWrites !== undefined) await child.until(wrote(afterWrites));
  await sleep(delayMs);
  child.kill('SIGKILL');
  expect(await child.ended, child.stderr).toBe('SIGKILL');
}

const wrote = (times: number) => (reports: readonly Report[]) =>
  reports.filter((report) => 'acknowledged' in report).length >= times;

/** What the store of the home holds after all of its processes were killed, held against what they acknowledged. */
async function inspect(home: Home, acknowledged: ReadonlyMap<string, number>): Promise<Inspection> {
  const found = await programs.start('inspect', home).result<Inspection>();
  expect(inspectionProblems(found, acknowledged)).toEqual([]);
  expect(found.openedAfterMs).toBeLessThan(reopenWithinMs);
  return found;
}

describe('eight writers that are killed with SIGKILL at random instants', () => {
  test(
    'lose no acknowledged write, show no half one, leave every intent closed once and a log that verifies, and the store opens again within two seconds',
    async () => {
      const claim = expect.getState().currentTestName ?? '';
      const wanted = count({ daily: 10, full: 125 });
      const totals = { loops: 0, kills: 0, acknowledged: 0, openIntents: 0, slowestReopenMs: 0 };
      while (totals.loops < wanted) {
        const home = Home.withStore();
        const acknowledged = new Map<string, number>();
        let recovered = 0;
        for (let turn = 0; turn < loopsPerStore && totals.loops < wanted; turn += 1) {
          const children = Array.from({ length: writers }, (_, writer) =>
            programs.start('write', home, [String(writer), String(pathsPerWriter)]),
          );
          await Promise.all(children.map(killSomewhere));
          for (const [path, number] of acknowledgedVersions(children.flatMap(({ reports }) => reports)))
            acknowledged.set(path, number);
          const found = await inspect(home, acknowledged);
          recovered = found.recovered;
          totals.loops += 1;
          totals.kills += writers;
          totals.slowestReopenMs = Math.max(totals.slowestReopenMs, Math.round(found.openedAfterMs));
        }
        totals.acknowledged += [...acknowledged.values()].reduce((sum, number) => sum + number, 0);
        totals.openIntents += recovered;
        home.remove();
        // A run that is interrupted has shown what it came to.
        keepEvidence('kill', claim, { seed: random.seed, ...totals });
      }
      expect(totals.openIntents, 'kills in the middle of a change').toBeGreaterThan(0);
      process.stdout.write(`${JSON.stringify(totals)}\n`);
    },
    fullRunMs,
  );
});
