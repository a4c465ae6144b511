import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fillStore } from '../filled-store.mjs';

export const title =
  'Stores of different sizes: reads below the door and opening (processor time), memory after the reads';

export const profile = `A sampled profile of reads: opening three boxes (row of the secret, its data key, its payload) 22 %, collecting garbage 18 %,
LMDB 14 % (two reads of three rows), keyed hashes for two keys 9 %, comparing two rows with the account of their shard 8 %,
decoding 4 %, the rest our own code between them. The cryptography alone is five HMACs of 2.4 µs and three boxes of
4.5 µs where these figures were measured, a machine of two cores with a load of 15 to 20, on which processor time counts
waiting for the other half of a core too. Opening: 60 % of it is the check of the data file's structure, up to 64 MiB from
the roots down, so that a damaged file is an error and not the end of the process; it grows with the store until there.
Memory: the accounts of up to 4,096 rows a shard take 67 bytes a row, 20 MB of what is added here, at most 66 MB in all.
Shards of more than 4,096 rows (from about 330,000 secrets on) are held in no account and compared by the background scrub;
\`--full\` measures a million secrets, which this page does not show yet.`;

export async function measure(workshop) {
  const { isQuick, isFull } = workshop;
  const small = 1000;
  const sizes = isQuick ? [5000] : isFull ? [100_000, 1_000_000] : [100_000];
  const probes = new Map();
  for (const size of [small, ...sizes]) probes.set(size, await probed(workshop, size));
  const base = probes.get(small);
  const named = (size) => `${size.toLocaleString('en')} secrets`;
  return sizes.flatMap((size) => {
    const probe = probes.get(size);
    const against = (what, key, bound, unit) => ({
      what: `${what}, ${named(size)}`,
      ms: probe[key],
      baseline: `${what}, ${named(small)}`,
      baselineMs: base[key],
      bound,
      unit,
    });
    return [
      {
        what: `read, ${named(size)}`,
        ms: probe.readMs,
        baseline: 'LMDB get',
        baselineMs: probe.plainMs,
        bound: { atMostMs: 0.06 },
      },
      against('read', 'readMs', { ratio: 1.3 }),
      against('opening again', 'openProcessorMs', { atMostMs: 50 }),
      against('opening again, elapsed', 'openMs', { atMostMs: 50 }),
      against('opening first, elapsed', 'firstOpenMs', { atMostMs: 50 }),
      against('memory', 'megabytes', { ratio: 1.3 }, 'MB'),
    ];
  });
}

/** A home with a store of this size: the one that an earlier run left in the folder of `--stores`, or a new one. */
async function filledHome({ keyward, newHome, env: usual, stores }, size) {
  const name = `home-${size}`;
  const kept = stores && join(stores, name);
  if (kept !== undefined && existsSync(kept)) return { ...usual, HOME: kept };
  const env = newHome(name);
  await fillStore(keyward, { env, count: size });
  if (kept === undefined) return env;
  // By one rename, so that what an interrupted run filled halfway is not used.
  cpSync(env.HOME, `${kept}.part`, { recursive: true });
  renameSync(`${kept}.part`, kept);
  return { ...usual, HOME: kept };
}

async function probed(workshop, size) {
  const { isQuick, library } = workshop;
  const env = await filledHome(workshop, size);
  const probe = join(import.meta.dirname, '../store-probe.mjs');
  const reads = isQuick ? 500 : 5000;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', probe, library, String(size), String(reads)],
    { env, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the store of ${size} secrets could not be measured: ${stderr}`);
  return JSON.parse(stdout);
}
