import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fillStore } from '../filled-store.mjs';

export const title =
  'Stores of different sizes: reads below the door and opening (processor time), memory after the reads';

export const profile = `A sampled profile of reads: making and running ciphers 24 % (three boxes: row of the secret, its data key, its
payload), collecting garbage 10 %, LMDB and copying rows out of it 15 % (two reads of a row, its two heads, the counter
of commits and the mark of moved files), hashes 8 % (shard and two keys, two comparisons with the account), decoding 6 %, the rest our own code between them. The cryptography
alone is three boxes of 4 to 7 µs, a key schedule of 3 µs, and three keyed hashes of 0.9 µs. Opening looks at 16 MiB of the
data file however large it is, about 4 µs a page and half of what a large store adds; the other half is its list of free
pages, which is long after a store was filled in large commits. Opening first loads LMDB's library and compiles ours.
Memory: the accounts of up to 4,096 rows a shard take 51 bytes a row, at most 50 MB; shards of more (from about 330,000
secrets on) are held in no account and compared by the background scrub, which is why a million secrets take less memory
than 100,000. Filling a million takes an hour on this machine. An
earlier run, at a load of 20, took with it 106.7 µs a read (1.06 times that with 1,000), 80.8 ms of processor time and 413 ms by the
clock to open again, 741 ms to open first, which misses 60 µs and 50 ms, and 135 MB. Two cores with other work on them:
processor time counts waiting for the other half of a core too.`;

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
