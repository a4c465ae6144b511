import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMemoryFolder, type MemoryFolder } from '../../src/host/memory-folder.js';
import { type Child, ChildPrograms } from './child.js';
import { count, fullRunMs, keepEvidence, SeededRandom } from './full-run.js';
import { Home } from './home.js';

const paths = 4;
const versions = 5;
const readers = 3;
const answersWithinMs = 60_000;
const copiesPerReport = 1000;

let programs: ChildPrograms;
let home: Home;
/** Copies are made where nothing is written to a disk: what a flip does to the bytes does not depend on it. */
let memory: MemoryFolder;
let random: SeededRandom;
beforeAll(async () => {
  programs = await ChildPrograms.build();
  random = new SeededRandom();
  memory = await createMemoryFolder({ env: process.env });
  home = Home.withStore();
  const writer = programs.start('write', home, ['0', String(paths), String(versions)]);
  expect(await writer.ended, writer.stderr).toBe(0);
  rmSync(join(home.root, '.cache'), { recursive: true });
});
afterAll(() => {
  memory.remove();
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
  // A bit that flips twice is none that flipped.
  const bits = new Map(
    Array.from({ length: random.below(2) === 0 ? 1 : 1 + random.below(8) }, () => {
      const place = { position: Math.min(start + random.below(8), length - 1), bit: random.below(8) };
      return [place.position * 8 + place.bit, place];
    }),
  );
  return { file, bits: [...bits.values()] };
}

/** Opens damaged copies one after the other, in a process that is replaced when it does not survive one. */
class Reader {
  #child: Child = Reader.#start();

  /** What came of opening a copy with the flip and reading everything in it. */
  async outcomeOf(flip: Flip, id: number): Promise<string> {
    const copy = home.copyTo(join(memory.path, String(id)));
    const path = join(copy.root, flip.file);
    const bytes = readFileSync(path);
    for (const { position, bit } of flip.bits) bytes[position] = (bytes[position] ?? 0) ^ (1 << bit);
    writeFileSync(path, bytes);
    this.#child.tell({ id, home: copy.root, file: flip.file });
    const isAnswer = (report: Readonly<Record<string, unknown>>) => report['id'] === id;
    const answered = this.#child.until((reports) => reports.some(isAnswer)).catch(async () => {});
    await Promise.race([answered, sleep(answersWithinMs, undefined, { ref: false })]);
    const { outcome = 'none', wrong = '' } = this.#child.reports.find(isAnswer) ?? {};
    this.#child.reports.length = 0;
    rmSync(copy.root, { recursive: true });
    if (outcome !== 'none') return outcome === 'wrong' ? `wrong: ${wrong}` : String(outcome);
    const ended = `no answer, ended by ${await this.close()}`;
    this.#child = Reader.#start();
    return ended;
  }

  close(): Promise<number | NodeJS.Signals> {
    this.#child.kill();
    return this.#child.ended;
  }

  static #start(): Child {
    return programs.start('read-flipped', home, [String(paths), String(versions)]);
  }
}

describe('flipped bits anywhere in what a store keeps', () => {
  test(
    'never give a wrong value, a hanging process or an ended one: they are refused, or do no harm',
    async () => {
      const claim = expect.getState().currentTestName ?? '';
      const files = storedFiles();
      const wanted = count({ daily: 600, full: 100_000 });
      const outcomes: Record<string, number> = {};
      const bad: string[] = [];
      let bits = 0;
      let copies = 0;
      let begun = 0;
      const readSome = async () => {
        const reader = new Reader();
        while (bits < wanted) {
          const flip = randomFlip(files);
          begun += 1;
          const outcome = await reader.outcomeOf(flip, begun);
          bits += flip.bits.length;
          copies += 1;
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          if (/^(?:wrong|no answer)/.test(outcome)) {
            bad.push(`${outcome}: ${JSON.stringify(flip)}`);
            process.stdout.write(`${bad.at(-1)}\n`);
          }
          // A run that is interrupted has shown what it came to.
          if (bad.length === 0 && copies % copiesPerReport === 0)
            keepEvidence('bit-flips', claim, { seed: random.seed, bits, copies, outcomes });
        }
        await reader.close();
      };
      await Promise.all(Array.from({ length: readers }, readSome));
      process.stdout.write(`${JSON.stringify(outcomes)}\n`);
      expect(bad).toEqual([]);
      keepEvidence('bit-flips', claim, { seed: random.seed, bits, copies, outcomes });
    },
    fullRunMs,
  );
});
