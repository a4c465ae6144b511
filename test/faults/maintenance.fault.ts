import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/compose/open-default-store.js';
import { parsePath } from '../../src/core/path.js';
import { payloadText, textPayload } from '../../src/core/payload.js';
import { type Child, ChildPrograms, type Report } from './child.js';
import { count, fullRunMs, keepEvidence, SeededRandom } from './full-run.js';
import { Home } from './home.js';

const secrets = 60;
const pathOf = (number: number) => parsePath(`app/secret_${number}`);

let programs: ChildPrograms;
let random: SeededRandom;
beforeAll(async () => {
  programs = await ChildPrograms.build();
  random = new SeededRandom();
});
afterAll(() => programs.remove());

const open = (home: Home) => openStore({ role: 'cli', env: home.env });

async function filledHome(): Promise<Home> {
  const home = Home.withStore();
  const { client, close } = await open(home);
  for (let number = 0; number < secrets; number += 1) {
    await client.secrets.write(pathOf(number), { payload: textPayload(`former ${number}`) });
    await client.secrets.write(pathOf(number), { payload: textPayload(`value ${number}`) });
  }
  await close();
  return home;
}

/** Everything reads as it was written, the store agrees with its accounts, and nothing is left of what was cut off. */
async function expectWhole(home: Home) {
  const { client, close } = await open(home);
  for (let number = 0; number < secrets; number += 1) {
    const found = await client.secrets.read({ path: pathOf(number) });
    expect(found && payloadText(found.payload)).toBe(`value ${number}`);
  }
  await client.seal.verifyStore();
  const status = await client.maintenance.status();
  await close();
  const left = readdirSync(home.storeFolder).filter((name) => /^(?:compact|discarded)/.test(name));
  expect(left).toEqual([]);
  return status;
}

async function killOnce(child: Child, condition: (reports: readonly Report[]) => boolean, delayMs = 0): Promise<void> {
  await child.until(condition);
  await sleep(delayMs);
  child.kill();
  await child.ended;
}

const hasStep = (step: string) => (reports: readonly Report[]) => reports.some((report) => report['step'] === step);

describe('a rotation that is killed ten times', () => {
  test(
    'goes on each time, and ends complete with one term and every value',
    async () => {
      const home = await filledHome();
      let kills = 0;
      let begun = 0;
      for (; kills < 10; kills += 1) {
        const child = programs.start('maintain', home, ['rotate']);
        await killOnce(child, (reports) => reports.length >= 12, random.below(10));
        const parts = child.reports.flatMap(({ step, part }) => (step === 'rewrapping' ? [Number(part)] : []));
        if (parts[0] === 0) begun += 1;
        expect(await expectWhole(home)).toMatchObject({ term: 2, isRotating: true });
      }
      expect(begun, 'rotations that began at the first row').toBeLessThan(10);
      expect(JSON.parse(home.keywardSucceeds(['store', 'rotate', '--json']))).toEqual({ term: 2, resumed: true });
      expect(await expectWhole(home)).toMatchObject({ term: 2, isRotating: false });
      home.remove();
      keepEvidence('maintenance', expect.getState().currentTestName ?? '', { seed: random.seed, kills });
    },
    fullRunMs,
  );
});

describe('a shredding that is killed', () => {
  test(
    'at any step leaves a store that opens with every value, and is made up for by the next one',
    async () => {
      const rounds = count({ daily: 3, full: 60 });
      const steps = ['rewrapping', 'verifying', 'compacting'] as const;
      let kills = 0;
      const home = await filledHome();
      for (let round = 0; round < rounds; round += 1) {
        for (const step of steps) {
          const child = programs.start('maintain', home, ['shred']);
          await killOnce(child, hasStep(step), random.below(step === 'compacting' ? 60 : 200));
          await expectWhole(home);
          kills += 1;
        }
        const child = programs.start('maintain', home, ['shred']);
        await child.result();
        expect(await expectWhole(home)).toMatchObject({ isRotating: false });
        expect(readdirSync(home.storeFolder).filter((name) => name.startsWith('rows-'))).toHaveLength(1);
        expect(readdirSync(home.storeFolder)).not.toContain('data.mdb');
      }
      home.remove();
      keepEvidence('maintenance', expect.getState().currentTestName ?? '', { seed: random.seed, kills });
    },
    fullRunMs,
  );
});
