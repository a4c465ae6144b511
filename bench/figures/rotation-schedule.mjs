import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { timeTurns } from '../measure.mjs';

export const title = '10,000 scheduled secrets: what is due, and a start, against a tenth of them';

const atOnce = 50;

/** Finding what is due takes less than 100 ms, and a start with all that belongs to it less than 2 s. */
export async function measure(workshop) {
  const { isQuick } = workshop;
  const few = await scheduled(workshop, isQuick ? 100 : 1_000);
  const many = await scheduled(workshop, isQuick ? 1_000 : 10_000);
  const times = await timeTurns({ few: few.due, many: many.due, fewStart: few.start, manyStart: many.start }, workshop);
  await Promise.all([few.close(), many.close()]);
  return [
    { what: 'what is due', ms: times.many, baseline: 'of a tenth', baselineMs: times.few, bound: { atMostMs: 100 } },
    {
      what: 'start',
      ms: times.manyStart,
      baseline: 'of a tenth',
      baselineMs: times.fewStart,
      bound: { atMostMs: 2000 },
    },
  ];
}

async function scheduled({ keyward, newHome, folder }, count) {
  // What others measure is a store of usual size.
  const env = newHome(`home-of-${count}`);
  const cwd = join(folder, `scheduled-${count}`);
  mkdirSync(cwd);
  const names = Array.from({ length: count }, (_, index) => `many${count}/name-${index}`);
  const entries = names.map((name) => `  ${name}: { rotate: 90d, rotator: { random: "hex:32" } }\n`);
  const config = join(cwd, 'keyward.yaml');
  writeFileSync(config, `providers: [{ keyward: {} }]\nsecrets:\n${entries.join('')}`);
  const { client, close } = await keyward.openStore({ env });
  const payload = keyward.textPayload('value');
  for (let start = 0; start < count; start += atOnce) {
    const some = names.slice(start, start + atOnce);
    await Promise.all(some.map((name) => client.secrets.write(name, { payload })));
  }
  await close();
  const timed = async (work) => {
    const before = performance.now();
    await work();
    return performance.now() - before;
  };
  const open = () => keyward.openRotations({ config, env, environment: 'development' });
  const rotations = await open();
  await rotations.due();
  return {
    due: () => timed(() => rotations.due()),
    start: () =>
      timed(async () => {
        const again = await open();
        await again.due();
        await again.close();
      }),
    close: () => rotations.close(),
  };
}
