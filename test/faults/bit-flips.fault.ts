import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Child, ChildPrograms } from './child.js';
import { count, fullRunMs, keepEvidence, SeededRandom } from './full-run.js';
import { Home } from './home.js';

const paths = 12;
const versions = 5;
const answersWithinMs = 30_000;

let programs: ChildPrograms;
let home: Home;
let random: SeededRandom;
let reader: Child;
beforeAll(async () => {
  programs = await ChildPrograms.build();
  random = new SeededRandom();
  home = Home.withStore();
  const writer = programs.start('write', home, ['0', String(paths), String(versions)]);
  expect(await writer.ended, writer.stderr).toBe(0);
});
afterAll(async () => {
  reader.kill();
  await reader.ended;
  home.remove();
  programs.remove();
});

/** Everything that a store keeps on disk, by its name in the home. */
function storedFiles(): readonly string[] {
  const below = (folder: string): readonly string[] =>
    readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(home.root, join(entry.parentPath, entry.name)));
  return [home.storeFolder, home.stateFolder, home.keyFolder].flatMap(below);
}

interface Flip {
  readonly file: string;
  readonly bits: readonly { readonly position: number; readonly bit: number }[];
}

/** One to eight bits near each other. Half of the flips hit the data file, and half of those the beginning of a page. */
function randomFlip(files: readonly string[]): Flip {
  const data = relative(home.root, home.dataFile);
  const file = random.below(2) === 0 ? data : (files[random.below(files.length)] ?? data);
  const { length } = readFileSync(join(home.root, file));
  const page = 4096 * random.below(Math.ceil(length / 4096));
  const start = random.below(2) === 0 && file.endsWith('data.mdb') ? page + random.below(160) : random.below(length);
  const bits = Array.from({ length: random.below(2) === 0 ? 1 : 1 + random.below(8) }, () => ({
    position: Math.min(start + random.below(8), length - 1),
    bit: random.below(8),
  }));
  return { file, bits };
}

/** What came of opening a copy with the flip, in a process that is replaced when it does not survive. */
async function outcomeOf(flip: Flip, id: number): Promise<string> {
  const copy = home.copyTo(`${home.root}-flip`);
  const path = join(copy.root, flip.file);
  const bytes = readFileSync(path);
  for (const { position, bit } of flip.bits) bytes[position] = (bytes[position] ?? 0) ^ (1 << bit);
  writeFileSync(path, bytes);
  reader.tell({ id, home: copy.root, file: flip.file });
  const isAnswer = (report: Readonly<Record<string, unknown>>) => report['id'] === id;
  const answered = reader.until((reports) => reports.some(isAnswer)).catch(async () => {});
  await Promise.race([answered, sleep(answersWithinMs, undefined, { ref: false })]);
  const { outcome = 'none', wrong = '' } = reader.reports.find(isAnswer) ?? {};
  rmSync(copy.root, { recursive: true });
  if (outcome !== 'none') return outcome === 'wrong' ? `wrong: ${wrong}` : String(outcome);
  reader.kill();
  const ended = `no answer, ended by ${await reader.ended}`;
  startReader();
  return ended;
}

function startReader(): void {
  reader = programs.start('read-flipped', home, [String(paths), String(versions)]);
}

describe('flipped bits anywhere in what a store keeps', () => {
  test(
    'never give a wrong value, a hanging process or an ended one: they are refused, or do no harm',
    async () => {
      const files = storedFiles();
      const outcomes: Record<string, number> = {};
      const bad: string[] = [];
      startReader();
      const wanted = count({ daily: 600, full: 100_000 });
      let bits = 0;
      let copies = 0;
      for (; bits < wanted; copies += 1) {
        const flip = randomFlip(files);
        bits += flip.bits.length;
        const outcome = await outcomeOf(flip, copies);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        if (/^(?:wrong|no answer)/.test(outcome)) bad.push(`${outcome}: ${JSON.stringify(flip)}`);
      }
      process.stdout.write(`${JSON.stringify(outcomes)}\n`);
      expect(bad).toEqual([]);
      keepEvidence('bit-flips', expect.getState().currentTestName ?? '', { seed: random.seed, bits, copies, outcomes });
    },
    fullRunMs,
  );
});
