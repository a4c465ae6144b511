import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { copyFolder } from '../copy-folder.js';
import { ChildPrograms, type Report } from './child.js';
import { count, fullRunMs, keepEvidence, SeededRandom } from './full-run.js';
import { Home } from './home.js';
import { acknowledgedVersions, type Inspection, inspectionProblems } from './inspection.js';
import { assertProgram } from './needed-program.js';
import { TracedDisk } from './traced-disk.js';
import { readTrace, type TracedCall, traceTo } from './write-trace.js';

let programs: ChildPrograms;
let random: SeededRandom;
let folder: string;
beforeAll(async () => {
  assertProgram('strace', 'strace');
  programs = await ChildPrograms.build();
  random = new SeededRandom();
});
afterAll(() => programs.remove());
beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'keyward-power-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What the traced process had printed, or begun to print, by the line. */
function reportsBy(calls: readonly TracedCall[], line: number): readonly Report[] {
  return calls
    .filter(({ name, began, numbers }) => name === 'write' && numbers[0] === 1 && began <= line)
    .map(({ strings }) => JSON.parse(String(strings[0])));
}

/** What lives until the machine starts anew is kept under the name of the boot, and this machine has not started anew. */
function startAnotherBoot(home: Home): void {
  for (const path of readdirSync(home.root, { recursive: true, encoding: 'utf8' })) {
    if (!/\/sequencer\/boot-[^/]+$/.test(path)) continue;
    const old = join(home.root, path);
    renameSync(old, join(dirname(old), `boot-${randomUUID()}`));
  }
}

/** What is wrong with the store of a disk that was cut. */
async function problemsOf(cut: Home, acknowledged: ReadonlyMap<string, number>): Promise<readonly string[]> {
  try {
    return inspectionProblems(await programs.start('inspect', cut).result<Inspection>(), acknowledged);
  } catch (error) {
    return [`it does not open: ${error}`];
  }
}

describe('a power cut at any instant of a session of writes', () => {
  test(
    'loses nothing acknowledged, shows nothing wrong, and leaves a store and a log that open and verify',
    async () => {
      const images = count({ daily: 60, full: 1000 });
      const sessions = count({ daily: 2, full: 10 });
      const problems: string[] = [];
      let acknowledged = 0;
      for (let session = 0; session < sessions; session += 1) {
        const home = Home.withStore();
        const before = join(folder, `before-${session}`);
        copyFolder(home.root, before);
        const record = join(folder, 'record');
        const writer = programs.start('write', home, ['0', '3', '8'], traceTo(record));
        expect(await writer.ended, writer.stderr).toBe(0);
        const calls = readTrace(record);
        const disk = new TracedDisk(before, home.root);
        disk.replay(calls);
        for (let image = 0; image < images / sessions; image += 1) {
          const line = random.below((calls.at(-1)?.ended ?? 0) + 1);
          const cut = Home.at(join(folder, 'cut'));
          disk.cutAt(line, cut.root, random);
          startAnotherBoot(cut);
          const expected = acknowledgedVersions(reportsBy(calls, line));
          acknowledged += [...expected.values()].reduce((sum, number) => sum + number, 0);
          const found = await problemsOf(cut, expected);
          problems.push(...found.map((problem) => `session ${session}, line ${line}: ${problem}`));
          cut.remove();
        }
        home.remove();
      }
      expect(problems).toEqual([]);
      expect(acknowledged).toBeGreaterThan(0);
      keepEvidence('power-cut', expect.getState().currentTestName ?? '', {
        seed: random.seed,
        images,
        sessions,
        acknowledged,
      });
    },
    fullRunMs,
  );
});

describe('a power cut at any instant of keyward init', () => {
  test(
    'leaves a place where init succeeds or is done, and a store that keeps what it is given',
    async () => {
      const images = count({ daily: 15, full: 200 });
      const home = Home.empty();
      const before = join(folder, 'before');
      copyFolder(home.root, before);
      const record = join(folder, 'record');
      const traced = home.keyward(['init'], '', traceTo(record));
      expect(traced.status, traced.stderr).toBe(0);
      const calls = readTrace(record);
      const end = calls.at(-1)?.ended ?? 0;
      const disk = new TracedDisk(before, home.root);
      disk.replay(calls);
      const problems: string[] = [];
      for (let image = 0; image < images; image += 1) {
        const line = image === 0 ? end : random.below(end);
        home.remove();
        disk.cutAt(line, home.root, random);
        startAnotherBoot(home);
        const steps = [home.keyward(['set', 'app/one'], 'first')];
        if (line < end && steps[0]?.status !== 0) {
          steps.splice(0, 1, home.keyward(['init']), home.keyward(['set', 'app/one'], 'first'));
        }
        steps.push(home.keyward(['get', 'app/one', '--reveal']), home.keyward(['audit', 'verify']));
        const failed = steps.find(({ status }) => status !== 0);
        if (failed !== undefined) problems.push(`line ${line} of ${end}: ${failed.stderr}`);
      }
      home.remove();
      expect(problems).toEqual([]);
      keepEvidence('power-cut-init', expect.getState().currentTestName ?? '', { seed: random.seed, images });
    },
    fullRunMs,
  );
});
