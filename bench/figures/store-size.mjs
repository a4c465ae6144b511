import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fillStore } from '../filled-store.mjs';

export const title =
  'Stores of different sizes: reads below the door and opening (processor time), memory after the reads';

export const profile = `A sampled profile of reads: making and running ciphers 22 % (three boxes: row of the secret, its data key, its payload),
LMDB 15 % (two reads of a row, its two heads, the counter of commits and the mark of moved files), collecting garbage
14 %, hashes 7 % (shard and two keys, two comparisons with the account), the rest our own code between them. Opening
checks 16 MiB of the data file however large it is, and its list of free pages, of which a store of a million secrets has a
hundred thousand: a quarter of all is reading pages, another going through their keys. Opening first loads LMDB's library
and compiles ours. Memory: the accounts of up to 4,096 rows a shard take 51 bytes a row, at most 50 MB; shards of more (from
about 330,000 secrets on) are held in no account and compared by the background scrub, which is why a million secrets may
take less memory than 100,000.`;

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
